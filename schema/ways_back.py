"""What a down file does: bring everything back, bring the shape back, refuse, or nothing.

The release gate chooses by it (R-MIG-6, pitfall M-4): only what restores may be taken back while
rows matter.
"""

import copy
from enum import StrEnum

from schema.classes import classify
from schema.effects import apply
from schema.files import Folder, Migration, SqlFile
from schema.kinds import Kind
from schema.plpgsql import statements
from schema.tables import Schema
from schema.visits import before


class WayBack(StrEnum):
    """What `migrate down 1` would come to."""

    RESTORES = "restores"
    """Shape and rows are as before; what was added since is gone with what held it."""
    SHAPE = "shape"
    """The shape is as before, but rows or values that the way there lost stay lost."""
    REFUSES = "refuses"
    """The file stops on purpose: going back is a restore from a backup."""
    MISSING = "missing"
    """There is no down file, it does not parse, or it leaves another shape than before."""


def way_back(folder: Folder, migration: Migration) -> WayBack:
    """What the down file of a migration of the folder comes to."""
    down = migration.down
    if down is None or down.broken or not down.statements:
        return WayBack.MISSING
    if refuses(down):
        return WayBack.REFUSES
    behind, gone = differences(folder, migration)
    if behind or gone:
        return WayBack.MISSING
    lost = classify(folder)[migration].kind is Kind.IRREVERSIBLE if migration.up else False
    return WayBack.SHAPE if lost else WayBack.RESTORES


def refuses(file: SqlFile) -> bool:
    """Whether a file does nothing but raise an error."""
    if [each.kind for each in file.statements] != ["DoStmt"]:
        return False
    inner, readable = statements(file.statements[0])
    return readable and not inner and "RAISE EXCEPTION" in file.statements[0].sql.upper()


def differences(folder: Folder, migration: Migration) -> tuple[list[str], list[str]]:
    """What up and down together leave behind, and what they take that was there before."""
    start = before(folder, migration)
    end = copy.deepcopy(start)
    for file in (migration.up, migration.down):
        if file:
            _run(end, file)
    return sorted(end.names() - start.names()), sorted(start.names() - end.names())


def brought(folder: Folder, migration: Migration) -> list[str]:
    """What the way up adds: its way down takes that from whoever uses it by then."""
    start = before(folder, migration)
    end = copy.deepcopy(start)
    if migration.up:
        _run(end, migration.up)
    return sorted(end.names() - start.names())


def _run(schema: Schema, file: SqlFile) -> None:
    for statement in file.statements:
        apply(schema, statement, file.name)
        for inner in statements(statement)[0] if statement.kind == "DoStmt" else ():
            apply(schema, inner, file.name)
