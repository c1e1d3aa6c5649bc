"""R-MIG-3: nothing in use changes its name; a table moves in two releases, and then ends."""

from collections.abc import Iterator

from schema import nodes
from schema.directives import Step
from schema.files import Folder
from schema.findings import Finding, Rule
from schema.rules.examples import pair
from schema.visits import Visit, walk

CHANGES = {"rename-table": 2, "drop-table": 2}
"""Sequences whose last release drops a table, by their number of releases."""
_QUIET = frozenset(("index", "tabconstraint", "domconstraint", "sequence"))


def check(folder: Folder) -> Iterator[Finding]:
    """Renames, and tables that are dropped without the release before."""
    seen = set[tuple[str, str, int]]()
    for visit in walk(folder):
        if not visit.up:
            continue
        step = visit.file.header.step
        if step:
            seen.add((step.change, step.target, step.number))
        for fault in (*_renamed(visit), *_dropped(visit, step, seen)):
            yield Finding(
                file=visit.file.name, line=visit.statement.line, rule=RULE.id, message=fault
            )


def _renamed(visit: Visit) -> Iterator[str]:
    node = visit.statement.node
    if visit.statement.kind == "AlterObjectSchemaStmt" and node.relation:
        yield f"moves {nodes.relation(node.relation)} to another schema: its name changes"
    if visit.statement.kind != "RenameStmt":
        return
    noun = nodes.object_type(node, "renameType").removeprefix("OBJECT_").lower()
    table = nodes.relation(node.relation) if node.relation else nodes.dotted(node.object)
    if noun in _QUIET or visit.fresh(table):
        return
    name = f"{table}.{node.subname}" if node.subname else table
    yield f"renames the {noun} {name}, which the version before uses by that name"


def _dropped(visit: Visit, step: Step | None, seen: set[tuple[str, str, int]]) -> Iterator[str]:
    if visit.statement.kind != "DropStmt":
        return
    if nodes.object_type(visit.statement.node) != "OBJECT_TABLE":
        return
    for each in visit.statement.node.objects:
        name = nodes.dotted(each)
        if visit.fresh(name):
            continue
        last = step and step.change in CHANGES and step.number == CHANGES[step.change]
        if not step or not last or step.target.partition("->")[0] != name:
            yield f"drops {name}, and no header says that this is the last release of its end"
        elif (step.change, step.target, 1) not in seen:
            yield f"drops {name}, but no file before is release 1 of its end"


_HEAD = "-- mpk:step rename-table owners->patients {}/2\n"
_TRIGGER = """\
CREATE FUNCTION owners_to_patients() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO patients VALUES (NEW.*); RETURN NEW;
END $$;
CREATE TRIGGER owners_to_patients AFTER INSERT ON owners
  FOR EACH ROW EXECUTE FUNCTION owners_to_patients();"""
_BACK = """\
CREATE TABLE owners (LIKE patients INCLUDING ALL);
INSERT INTO owners SELECT * FROM patients;
"""
RULE = Rule(
    id="R-MIG-3",
    title="A table is renamed in two releases: new table and trigger, then drop",
    why="Old and new pods run side by side, and each knows one name. After a rename every "
    "statement of the old pods fails, and after rolling back every statement of the new ones.",
    safe="Make the new table, keep both alike by triggers, copy in batches, and drop the old one a "
    "release later: `mpk migrate new rename-table`. A column: add, fill, read the new, drop.",
    bad_example=pair(
        "ALTER TABLE owners RENAME TO patients;",
        "ALTER TABLE patients RENAME TO owners;",
        kind="contract",
    ),
    safe_example={
        **pair(
            f"CREATE TABLE patients (LIKE owners INCLUDING ALL);\n{_TRIGGER}",
            "DROP TRIGGER owners_to_patients ON owners;\n"
            "DROP FUNCTION owners_to_patients();\nDROP TABLE patients;",
            head=_HEAD.format(1),
            name="rename_owners_1",
        ),
        **pair(
            "DROP TABLE owners;\nDROP FUNCTION owners_to_patients();",
            _BACK + _TRIGGER,
            kind="contract",
            head=_HEAD.format(2),
            number=3,
            name="rename_owners_2",
        ),
    },
    check=check,
)
