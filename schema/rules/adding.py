"""R-MIG-1: a column is added so that the version before can still write, and at once."""

from collections.abc import Iterator
from typing import Any

from schema import nodes
from schema.files import Folder
from schema.findings import Finding, Rule
from schema.rules.examples import pair
from schema.types import SERIAL
from schema.visits import Visit, walk

STEADY = frozenset(
    ("now", "current_timestamp", "current_date", "current_time", "localtimestamp", "localtime",
     "transaction_timestamp", "statement_timestamp", "current_user", "session_user", "lower",
     "upper", "timezone", "to_timestamp", "date_trunc", "make_interval", "concat", "coalesce"),
)  # fmt: skip
"""Functions that give one value for all rows, so that PostgreSQL stores it once."""


def check(folder: Folder) -> Iterator[Finding]:
    """Columns that are added to a table which is in use."""
    for visit in walk(folder):
        if visit.statement.kind != "AlterTableStmt" or not visit.up:
            continue
        table = nodes.relation(visit.statement.node.relation)
        if visit.fresh(table):
            continue
        for kind, command in nodes.commands(visit.statement.node):
            if kind == "AT_AddColumn" and (fault := _fault(command.def_)):
                yield _finding(visit, f"{table}.{command.def_.colname} {fault}", command.def_)


def _finding(visit: Visit, message: str, column: Any) -> Finding:
    line = visit.statement.line_at(getattr(column, "location", None))
    return Finding(file=visit.file.name, line=line, rule=RULE.id, message=message)


def _fault(column: Any) -> str | None:
    found = nodes.constraints(column)
    if nodes.type_name(column.typeName) in SERIAL:
        return "is serial: filling it rewrites the whole table under a lock"
    if found.keys() & {"CONSTR_IDENTITY", "CONSTR_GENERATED"}:
        return "is filled for every row: that rewrites the whole table under a lock"
    default = found.get("CONSTR_DEFAULT")
    if default and (changing := sorted(nodes.calls(default.raw_expr) - STEADY)):
        return f"has a default that calls {changing[0]}: it rewrites the whole table under a lock"
    given = default is not None and type(default.raw_expr).__name__ == "A_Const"
    empty = default is None or (given and default.raw_expr.isnull)
    if found.keys() & {"CONSTR_NOTNULL", "CONSTR_PRIMARY"} and empty:
        return "is NOT NULL without a default: the version before cannot insert, nor rows stay"
    return None


RULE = Rule(
    id="R-MIG-1",
    title="A new column is empty, or has a default that is one value for all rows",
    why="While a release rolls out, the version before goes on inserting rows without the column. "
    "Without a default they fail; with a default that differs from row to row (or serial, identity "
    "and generated columns) the table is rewritten while nobody can read it.",
    safe="Add the column empty or with a constant, fill it in batches, and set NOT NULL later "
    "(NULL-1).",
    bad_example=pair(
        "ALTER TABLE devices ADD COLUMN checked boolean NOT NULL;",
        "ALTER TABLE devices DROP COLUMN checked;",
        kind="contract",
    ),
    safe_example=pair(
        "ALTER TABLE devices ADD COLUMN checked boolean NOT NULL DEFAULT false;",
        "ALTER TABLE devices DROP COLUMN checked;",
    ),
    check=check,
)
