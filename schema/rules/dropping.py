"""R-MIG-2: a column leaves in three releases."""

from collections.abc import Iterator
from typing import Any

from schema import nodes
from schema.directives import Step
from schema.files import Folder
from schema.findings import Finding, Rule
from schema.rules.examples import pair
from schema.visits import Visit, walk

CHANGE = "drop-column"
LOOSENED, RELEASES = 2, 3


def check(folder: Folder) -> Iterator[Finding]:
    """Columns that are dropped, or loosened, without the step that this belongs to."""
    seen = set[tuple[str, int]]()
    for visit in walk(folder):
        step = visit.file.header.step
        if visit.up and step and step.change == CHANGE:
            seen.add((step.target, step.number))
        if visit.statement.kind != "AlterTableStmt" or not visit.up:
            continue
        table = nodes.relation(visit.statement.node.relation)
        if visit.fresh(table):
            continue
        for kind, command in nodes.commands(visit.statement.node):
            if fault := _fault(kind, f"{table}.{command.name}", step, seen):
                yield _finding(visit, fault)


def _fault(kind: str, place: str, step: Step | None, seen: set[tuple[str, int]]) -> str | None:
    own = step.number if step and (step.change, step.target) == (CHANGE, place) else 0
    if kind == "AT_DropNotNull" and own != LOOSENED and not any(at == place for at, _ in seen):
        return (
            f"{place} may be null from here on: the version before reads it; where this is release "
            f"2 of its end, say so: -- mpk:step {CHANGE} {place} 2/3"
        )
    if kind != "AT_DropColumn":
        return None
    if own != RELEASES:
        return f"{place} is dropped, and no header says that this is release 3 of its end"
    missing = [number for number in (1, 2) if (place, number) not in seen]
    if missing:
        return f"{place} is dropped, but no file before is release {missing[0]} of its end"
    return None


def _finding(visit: Visit, message: str) -> Finding:
    return Finding(file=visit.file.name, line=visit.statement.line, rule=RULE.id, message=message)


def _release(number: int, up: str, down: str, kind: str, **more: Any) -> dict[str, str]:
    head = f"-- mpk:step {CHANGE} devices.serial {number}/{RELEASES}\n"
    name = f"drop_devices_serial_{number}"
    return pair(up, down, kind=kind, head=head, number=number + 1, name=name, **more)


RULE = Rule(
    id="R-MIG-2",
    title="A column leaves in three releases: code stops using it, nullable, drop",
    why="The version before still names the column in its statements. Dropped in the release that "
    "stops using it, every statement of the old pods fails until the last of them is gone, and "
    "rolling back finds no column.",
    safe="Three files in three releases, each naming its step: `mpk migrate new drop-column` "
    "writes the next one.",
    bad_example=pair(
        "ALTER TABLE devices DROP COLUMN serial;",
        "ALTER TABLE devices ADD COLUMN serial text;",
        kind="irreversible",
    ),
    safe_example={
        **_release(
            1,
            "ALTER TABLE devices ALTER COLUMN serial SET DEFAULT '';",
            "ALTER TABLE devices ALTER COLUMN serial DROP DEFAULT;",
            "expand",
        ),
        **_release(
            2,
            "ALTER TABLE devices ALTER COLUMN serial DROP NOT NULL;",
            "SELECT 1;",
            "expand",
        ),
        **_release(
            3,
            "ALTER TABLE devices DROP COLUMN serial;",
            "ALTER TABLE devices ADD COLUMN serial text;",
            "irreversible",
        ),
    },
    check=check,
)
