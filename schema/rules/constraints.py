"""Constraints, NOT NULL and types: what would read or rewrite a whole table under a lock."""

from collections.abc import Iterator
from typing import Any

from schema import nodes
from schema.files import Folder
from schema.findings import POSTGRES_ONLY, Finding, Rule
from schema.rules.examples import pair
from schema.types import widens
from schema.visits import Visit, walk

_CHECKED = {"CONSTR_CHECK": "CHECK", "CONSTR_FOREIGN": "FOREIGN KEY"}


def _commands(folder: Folder) -> Iterator[tuple[Visit, str, str, Any]]:
    """What each ALTER TABLE does to a table that is in use."""
    for visit in walk(folder):
        if visit.statement.kind == "AlterTableStmt":
            table = nodes.relation(visit.statement.node.relation)
            if not visit.fresh(table):
                for kind, command in nodes.commands(visit.statement.node):
                    yield visit, table, kind, command


def _found(visit: Visit, rule: str, message: str) -> Finding:
    return Finding(file=visit.file.name, line=visit.statement.line, rule=rule, message=message)


def check_validity(folder: Folder) -> Iterator[Finding]:
    """Constraints that are checked against all rows while they are added."""
    added = dict[str, set[str]]()
    for visit, table, kind, command in _commands(folder):
        file = visit.file.name
        if kind == "AT_ValidateConstraint" and command.name in added.get(file, ()):
            fault = f"{command.name} is validated in the transaction that adds it, under its lock"
            yield _found(visit, VALID.id, fault)
        for each in _constraints(kind, command):
            word = _CHECKED.get(nodes.constraint_type(each))
            if word and each.skip_validation:
                added.setdefault(file, set()).add(each.conname or "")
            elif word:
                fault = f"{word} reads all of {table} while it is locked"
                yield _found(visit, VALID.id, fault)


def _constraints(kind: str, command: Any) -> list[Any]:
    if kind == "AT_AddConstraint":
        return [command.def_]
    return list(command.def_.constraints or ()) if kind == "AT_AddColumn" else []


def check_not_null(folder: Folder) -> Iterator[Finding]:
    """NOT NULL that is set before a CHECK has shown that no null is there."""
    for visit, table, kind, command in _commands(folder):
        if kind != "AT_SetNotNull":
            continue
        known = visit.schema.tables.get(table)
        checks = known.constraints.values() if known else ()
        if not any(each.not_null == command.name and each.valid for each in checks):
            fault = f"reads all of {table} under a lock: no validated CHECK says that "
            yield _found(visit, NOT_NULL.id, f"{fault}{command.name} IS NOT NULL")


def check_type(folder: Folder) -> Iterator[Finding]:
    """Types that are changed in place."""
    for visit, table, kind, command in _commands(folder):
        if kind != "AT_AlterColumnType":
            continue
        new = nodes.type_name(command.def_.typeName)
        known = visit.schema.column(table, command.name)
        if not known or not widens(known.type, new) or command.def_.raw_default is not None:
            old = f"from {known.type} " if known and known.type else ""
            yield _found(visit, TYPE.id, f"{table}.{command.name} changes {old}to {new} in place")


VALID = Rule(
    id="CONS-1",
    title="A constraint is added NOT VALID, and validated in a later file",
    engines=POSTGRES_ONLY,
    why="CHECK and FOREIGN KEY read every row when they are added, and the table (with a foreign "
    "key both tables) is locked until they have. VALIDATE CONSTRAINT reads beside running "
    "writers, but not in the transaction that still holds the lock of ADD CONSTRAINT.",
    safe="ADD CONSTRAINT … NOT VALID in one file, VALIDATE CONSTRAINT in the next.",
    bad_example=pair(
        "ALTER TABLE devices ADD CONSTRAINT devices_owner_fk\n"
        "  FOREIGN KEY (owner_id) REFERENCES owners (id);",
        "ALTER TABLE devices DROP CONSTRAINT devices_owner_fk;",
        kind="contract",
    ),
    safe_example=pair(
        "ALTER TABLE devices ADD CONSTRAINT devices_owner_fk\n"
        "  FOREIGN KEY (owner_id) REFERENCES owners (id) NOT VALID;",
        "ALTER TABLE devices DROP CONSTRAINT devices_owner_fk;",
        kind="contract",
        name="add_fk",
    )
    | pair(
        "SET LOCAL statement_timeout = '10min';\n"
        "ALTER TABLE devices VALIDATE CONSTRAINT devices_owner_fk;",
        number=3,
        name="validate_fk",
        timeouts=False,
    ),
    check=check_validity,
)
NOT_NULL = Rule(
    id="NULL-1",
    title="NOT NULL is set after a validated CHECK has shown that it holds",
    engines=POSTGRES_ONLY,
    why="SET NOT NULL reads the whole table under a lock that keeps readers out, unless a valid "
    "CHECK (column IS NOT NULL) has done so before.",
    safe="Three files: CHECK (column IS NOT NULL) NOT VALID; VALIDATE; SET NOT NULL with the CHECK "
    "dropped after it. `mpk migrate new not-null` writes them.",
    bad_example=pair(
        "ALTER TABLE devices ALTER COLUMN note SET NOT NULL;",
        "ALTER TABLE devices ALTER COLUMN note DROP NOT NULL;",
        kind="contract",
    ),
    safe_example=pair(
        "ALTER TABLE devices ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID;",
        "ALTER TABLE devices DROP CONSTRAINT note_there;",
        kind="contract",
        name="check",
    )
    | pair(
        "SET LOCAL statement_timeout = '10min';\n"
        "ALTER TABLE devices VALIDATE CONSTRAINT note_there;",
        number=3,
        name="validate",
        timeouts=False,
    )
    | pair(
        "ALTER TABLE devices ALTER COLUMN note SET NOT NULL;\n"
        "ALTER TABLE devices DROP CONSTRAINT note_there;",
        "ALTER TABLE devices ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID;\n"
        "ALTER TABLE devices ALTER COLUMN note DROP NOT NULL;",
        kind="contract",
        number=4,
        name="set_not_null",
    ),
    check=check_not_null,
)
TYPE = Rule(
    id="TYPE-1",
    title="A type is not changed in place, unless the change only widens",
    engines=POSTGRES_ONLY,
    why="Most changes rewrite every row while nobody can read the table, and the version before "
    "goes on sending the old type. numeric(10, 2) to numeric(12, 2) or varchar(20) to text "
    "rewrites nothing.",
    safe="Add a column of the new type, keep both alike, fill it in batches, read the new one, and "
    "drop the old one in three releases (R-MIG-2).",
    bad_example=pair(
        "ALTER TABLE devices ALTER COLUMN price TYPE bigint;",
        "ALTER TABLE devices ALTER COLUMN price TYPE numeric(10, 2);",
        kind="irreversible",
    ),
    safe_example=pair("ALTER TABLE devices ALTER COLUMN price TYPE numeric(12, 2);"),
    check=check_type,
)
