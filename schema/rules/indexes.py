"""R-MIG-4: indexes come and go beside running writers; M-1: and so stand alone in their file."""

from collections.abc import Iterator
from typing import Any

from schema import nodes
from schema.files import Folder, SqlFile
from schema.findings import POSTGRES_ONLY, Finding, Rule
from schema.rules.examples import pair
from schema.visits import Visit, walk

_KEYS = {"CONSTR_UNIQUE": "UNIQUE", "CONSTR_PRIMARY": "PRIMARY KEY", "CONSTR_EXCLUSION": "EXCLUDE"}


def check_concurrent(folder: Folder) -> Iterator[Finding]:
    """Indexes that are made, dropped or rebuilt while writers wait."""
    for visit in walk(folder):
        for fault in _blocking(visit):
            yield Finding(
                file=visit.file.name, line=visit.statement.line, rule=CONCURRENT.id, message=fault
            )


def _blocking(visit: Visit) -> Iterator[str]:
    node: Any = visit.statement.node
    match visit.statement.kind:
        case "IndexStmt" if not node.concurrent:
            table = nodes.relation(node.relation)
            if not visit.fresh(table):
                yield f"indexes {table} while every write to it waits"
        case "DropStmt" if nodes.object_type(node) == "OBJECT_INDEX" and not node.concurrent:
            for name in map(nodes.dotted, node.objects):
                table = visit.schema.indexes.get(name, ("", False))[0]
                if not table or not visit.fresh(table):
                    yield f"drops the index {name} while every read of its table waits"
        case "ReindexStmt" if not any(each.defname == "concurrently" for each in node.params or ()):
            yield "rebuilds an index while every write to its table waits"
        case "AlterTableStmt":
            yield from _keyed(visit, node)
        case _:
            return


def _keyed(visit: Visit, node: Any) -> Iterator[str]:
    table = nodes.relation(node.relation)
    if visit.fresh(table):
        return
    for kind, command in nodes.commands(node):
        added = [command.def_] if kind == "AT_AddConstraint" else []
        if kind == "AT_AddColumn":
            added = list(command.def_.constraints or ())
        for each in added:
            word = _KEYS.get(nodes.constraint_type(each))
            if word and not each.indexname:
                yield f"{word} builds an index of {table} while every read and write of it waits"


def check_alone(folder: Folder) -> Iterator[Finding]:
    """Files whose statements cannot run in the transaction that the file is, or that end it."""
    for migration in folder.migrations:
        for file in migration.files:
            for line, fault in _together(file):
                yield Finding(file=file.name, line=line, rule=ALONE.id, message=fault)


def _together(file: SqlFile) -> Iterator[tuple[int, str]]:
    alone = len(file.statements) == 1
    for statement in file.statements:
        word = _outside(statement.kind, statement.node, statement.sql)
        if word and not alone:
            yield statement.line, f"{word} stands with other statements, and so in a transaction"
        if statement.kind == "IndexStmt" and _hides(statement.node):
            fault = "IF NOT EXISTS passes over the INVALID index that a failed build leaves"
            yield statement.line, fault
        if statement.kind == "TransactionStmt":
            yield (
                statement.line,
                f"{statement.sql.split()[0].upper()} splits the file's transaction",
            )


def _hides(index: Any) -> bool:
    return bool(index.concurrent and index.if_not_exists)


def _outside(kind: str, node: Any, sql: str) -> str | None:
    """What of a statement refuses to run in a transaction."""
    if kind in {"IndexStmt", "DropStmt"} and node.concurrent:
        return "CONCURRENTLY"
    if kind == "ReindexStmt" and any(each.defname == "concurrently" for each in node.params or ()):
        return "CONCURRENTLY"
    if kind == "AlterTableStmt" and "CONCURRENTLY" in sql.upper():
        return "CONCURRENTLY"
    if kind == "DoStmt" and "COMMIT" in sql.upper():
        return "a DO block that commits"
    names = {
        "VacuumStmt": "VACUUM",
        "CreatedbStmt": "CREATE DATABASE",
        "DropdbStmt": "DROP DATABASE",
    }
    return names.get(kind) if "ANALYZE" not in sql.upper().split()[:1] else None


CONCURRENT = Rule(
    id="R-MIG-4",
    title="Indexes are made, rebuilt and dropped CONCURRENTLY",
    why="A plain CREATE INDEX keeps every writer of the table waiting until it has read all rows; "
    "DROP INDEX and a UNIQUE or PRIMARY KEY constraint keep readers waiting too.",
    safe="CREATE INDEX CONCURRENTLY in a file of its own; a key is then attached by ADD CONSTRAINT "
    "… USING INDEX. `mpk migrate new index` writes it.",
    bad_example=pair(
        "CREATE INDEX devices_owner_id_idx ON devices (owner_id);",
        "DROP INDEX CONCURRENTLY devices_owner_id_idx;",
    )
    | {"000002_change.down.sql": "DROP INDEX CONCURRENTLY devices_owner_id_idx;\n"},
    safe_example=pair(
        "CREATE INDEX CONCURRENTLY devices_owner_id_idx ON devices (owner_id);",
        "DROP INDEX CONCURRENTLY devices_owner_id_idx;",
        timeouts=False,
    ),
    engines=POSTGRES_ONLY,
    check=check_concurrent,
)
ALONE = Rule(
    id="M-1",
    title="What refuses a transaction stands alone in its file",
    why="golang-migrate sends a file as one command, and PostgreSQL runs a command of several "
    "statements as one transaction. CONCURRENTLY refuses to run there: the file fails, the version "
    "stays dirty, and no migration runs until a person mends it. BEGIN and COMMIT in a file break "
    "its all-or-nothing. IF NOT EXISTS beside CONCURRENTLY reports success over an index that is "
    "INVALID and used by nobody.",
    safe="One file for each such statement, and no transaction words; a file is a transaction "
    "as it is.",
    bad_example=pair(
        "CREATE INDEX CONCURRENTLY devices_owner_id_idx ON devices (owner_id);\n"
        "CREATE INDEX CONCURRENTLY devices_serial_idx ON devices (serial);",
        "DROP INDEX CONCURRENTLY devices_owner_id_idx;",
        timeouts=False,
    ),
    safe_example=pair(
        "CREATE INDEX CONCURRENTLY devices_owner_id_idx ON devices (owner_id);",
        "DROP INDEX CONCURRENTLY devices_owner_id_idx;",
        name="index_owner",
        timeouts=False,
    )
    | pair(
        "CREATE INDEX CONCURRENTLY devices_serial_idx ON devices (serial);",
        "DROP INDEX CONCURRENTLY devices_serial_idx;",
        number=3,
        name="index_serial",
        timeouts=False,
    ),
    engines=POSTGRES_ONLY,
    check=check_alone,
)
