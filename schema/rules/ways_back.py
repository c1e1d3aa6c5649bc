"""M-2: each migration has a way back, and it takes no more than the way there has brought."""

from collections.abc import Iterator

from schema import nodes
from schema.files import Folder, Migration
from schema.findings import Finding, Rule
from schema.rules.examples import pair
from schema.statements import Statement
from schema.visits import walk
from schema.ways_back import differences, refuses

_WIDE = {"DropdbStmt": "DROP DATABASE", "DropOwnedStmt": "DROP OWNED"}
_SHOWN = 3
_CASCADE = 1
"""DROP_CASCADE of the grammar."""


def check(folder: Folder) -> Iterator[Finding]:
    """Ways back that are missing, that take too much, or that leave something behind."""
    for migration in folder.migrations:
        if migration.up and not (migration.down and migration.down.statements):
            lacks = "is empty" if migration.down and not migration.down.broken else "is missing"
            if not (migration.down and migration.down.broken):
                yield _found(migration.up.name, 1, f"its way back {lacks}")
        elif migration.up and migration.down and not refuses(migration.down):
            yield from _inexact(folder, migration)
    for visit in walk(folder):
        if fault := _wide(visit.statement):
            yield _found(visit.file.name, visit.statement.line, fault)


def _inexact(folder: Folder, migration: Migration) -> Iterator[Finding]:
    assert migration.down  # noqa: S101 - the caller has looked
    behind, gone = differences(folder, migration)
    if behind:
        fault = f"leaves behind what the way there made: {_few(behind)}"
        yield _found(migration.down.name, 1, fault)
    if gone:
        fault = f"takes what was there before: {_few(gone)}"
        yield _found(migration.down.name, 1, fault)
    first = migration == folder.migrations[0]
    if first and any(_drops_table(each) for each in migration.down.statements):
        yield _found(migration.down.name, 1, "drops the first tables, with all rows in them")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _drops_table(statement: Statement) -> bool:
    return statement.kind == "DropStmt" and nodes.object_type(statement.node) == "OBJECT_TABLE"


def _wide(statement: Statement) -> str | None:
    if statement.kind in _WIDE:
        return f"{_WIDE[statement.kind]} takes all there is"
    if statement.kind != "DropStmt":
        return None
    if nodes.object_type(statement.node) == "OBJECT_SCHEMA":
        return "DROP SCHEMA takes all there is"
    if statement.node.behavior == _CASCADE:
        return "CASCADE takes what no file names"
    return None


def _found(file: str, line: int, message: str) -> Finding:
    return Finding(file=file, line=line, rule=RULE.id, message=message)


RULE = Rule(
    id="M-2",
    title="Each migration has a way back that takes what it brought, and no more",
    why="`migrate down` runs the down file as it stands. One that drops with CASCADE, or that "
    "drops what an earlier file made, takes patients' rows with it. One that leaves "
    "something behind makes the next `up` fail. Without one, going back stops half-way.",
    safe="Undo each statement in the opposite order. Where nothing is to be undone, write "
    "SELECT 1. Where going back would lose the product (the first schema), let the file "
    "refuse by RAISE EXCEPTION.",
    bad_example=pair(
        "CREATE TABLE visits (id bigint PRIMARY KEY);",
        "DROP TABLE visits, owners CASCADE;",
    ),
    safe_example=pair("CREATE TABLE visits (id bigint PRIMARY KEY);", "DROP TABLE visits;"),
    check=check,
)
