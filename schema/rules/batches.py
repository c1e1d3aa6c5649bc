"""R-MIG-5: rows are changed in batches of 1,000, each its own transaction."""

from collections.abc import Iterator
from typing import Any

from schema import nodes
from schema.files import Folder
from schema.findings import Finding, Rule
from schema.limits import BATCH_ROWS
from schema.locks import changes_rows
from schema.rules.examples import pair
from schema.tables import Schema
from schema.visits import Visit, walk


def check(folder: Folder) -> Iterator[Finding]:
    """Changes of rows without a bound, beyond it, or without a COMMIT between."""
    for visit in walk(folder):
        fault = _unbounded(visit) or _uncommitted(visit)
        if fault:
            line = visit.statement.line
            yield Finding(file=visit.file.name, line=line, rule=RULE.id, message=fault)


def _unbounded(visit: Visit) -> str | None:
    node = visit.statement.node
    if visit.statement.kind == "TruncateStmt":
        names = [name for name in map(nodes.relation, node.relations) if not visit.fresh(name)]
        return f"empties {names[0]}, whole" if names else None
    table = changes_rows(visit)
    if table is None:
        return None
    rows = _rows(visit, table)
    if rows is None:
        return f"changes rows of {table} without a bound"
    if rows > BATCH_ROWS:
        return f"changes {rows} rows of {table} at once; a batch has at most {BATCH_ROWS}"
    return None


def _rows(visit: Visit, table: str) -> int | None:
    """At most how many rows; None where nothing bounds them."""
    node = visit.statement.node
    if visit.statement.kind == "InsertStmt":
        source = node.selectStmt
        if source is None or source.valuesLists:
            return len(source.valuesLists) if source else 1
        if not source.fromClause:
            return 1
        return min(_limits(node), default=None)
    keyed = _keyed(node.whereClause, table, visit.schema) if hasattr(node, "whereClause") else None
    return keyed if keyed is not None else min(_limits(node), default=None)


def _limits(node: Any) -> list[int]:
    """The constant LIMITs of every SELECT within."""
    found = list[int]()
    for select in nodes.within(node, "SelectStmt"):
        value = getattr(getattr(select.limitCount, "val", None), "ival", None)
        if value is not None:
            found.append(value)
    return found


def _keyed(where: Any, table: str, schema: Schema) -> int | None:
    """How many rows a WHERE names by a key that is unique: `id = 1`, `id IN (1, 2)`."""
    joined = type(where).__name__ == "BoolExpr" and where.boolop.name == "AND_EXPR"
    for test in where.args if joined else (where,):
        if type(test).__name__ != "A_Expr" or type(test.lexpr).__name__ != "ColumnRef":
            continue
        if not _unique(nodes.dotted(test.lexpr.fields).rpartition(".")[2], table, schema):
            continue
        if test.kind.name == "AEXPR_IN":
            return len(test.rexpr)
        if nodes.dotted(test.name) == "=" and not nodes.within(test.rexpr, "ColumnRef"):
            return 1
    return None


def _unique(column: str, table: str, schema: Schema) -> bool:
    known = schema.tables.get(table)
    return known is not None and any(
        each.columns == (column,) and each.type in {"CONSTR_PRIMARY", "CONSTR_UNIQUE"}
        for each in known.constraints.values()
    )


def _uncommitted(visit: Visit) -> str | None:
    """A loop of batches that never commits is one transaction after all."""
    text = visit.statement.sql.upper()
    if visit.statement.kind != "DoStmt" or "LOOP" not in text or "COMMIT" in text:
        return None
    return (
        "loops over batches without COMMIT: all of them stay locked until the last"
        if any(word in text for word in ("UPDATE ", "DELETE ", "INSERT "))
        else None
    )


RULE = Rule(
    id="R-MIG-5",
    title=f"Rows are changed in batches of {BATCH_ROWS:,}, each committed",
    why="One statement over a large table keeps every row it has changed from its writers until it "
    "ends, bloats the table, delays replicas, and starts anew when it is killed.",
    safe=f"A DO block that changes {BATCH_ROWS:,} rows, commits, and notes how far it came: "
    "`mpk migrate new backfill`. A change of a few rows names them by their key.",
    bad_example=pair(
        "UPDATE devices SET note = model WHERE note IS NULL;",
        kind="migrate",
    ),
    safe_example=pair(
        "DO $$\n"
        "DECLARE changed bigint;\n"
        "BEGIN\n"
        "  LOOP\n"
        "    UPDATE devices SET note = model WHERE id IN (\n"
        "      SELECT id FROM devices WHERE note IS NULL ORDER BY id LIMIT 1000\n"
        "      FOR UPDATE SKIP LOCKED);\n"
        "    GET DIAGNOSTICS changed = ROW_COUNT;\n"
        "    COMMIT;\n"
        "    EXIT WHEN changed = 0;\n"
        "  END LOOP;\n"
        "END $$;",
        kind="migrate",
        timeouts=False,
    ),
    check=check,
)
