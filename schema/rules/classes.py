"""R-MIG-6: a file says its class, and analysis agrees; OPAQUE-1: so it must be readable."""

from collections.abc import Iterator

from schema.classes import classify
from schema.files import Folder, Migration
from schema.findings import Finding, Rule
from schema.kinds import Verdict
from schema.rules.examples import pair


def check(folder: Folder) -> Iterator[Finding]:
    """Files without a class, or with another than analysis finds."""
    for migration, verdict in classify(folder).items():
        if migration.up and not migration.up.broken:
            yield from _stated(migration, verdict)


def _stated(migration: Migration, verdict: Verdict) -> Iterator[Finding]:
    file, found = migration.up, verdict.kind.word
    assert file  # noqa: S101 - the caller has looked
    stated = file.header.kind
    if stated is None:
        fault = f"says no class; write -- mpk:class {found}"
        yield Finding(file=file.name, line=1, rule=CLASS.id, message=fault)
    elif stated != found:
        why = next((r for r in verdict.reasons if r.kind is verdict.kind), None)
        told = f": line {why.line} {why.what}" if why else ": nothing in it does more"
        fault = f"says {stated}, but it is {found}{told}"
        line = file.header.kind_line
        yield Finding(file=file.name, line=line, rule=CLASS.id, message=fault)


def check_readable(folder: Folder) -> Iterator[Finding]:
    """Statements that analysis cannot see into."""
    for migration, verdict in classify(folder).items():
        for reason in verdict.reasons:
            if not reason.analysed and migration.up and not migration.up.broken:
                yield Finding(
                    file=migration.up.name, line=reason.line, rule=OPAQUE.id, message=reason.what
                )


CLASS = Rule(
    id="R-MIG-6",
    title="A file states its class, and analysis agrees",
    why="The release gate lets a contract run only when no pod, colour or region serves the "
    "version that needs what it takes, and decides by the class whether a release may be "
    "rolled back. The reviewer must see the same word that the gate goes by.",
    safe="The first line says -- mpk:class expand, migrate, contract or irreversible. A file with "
    "another class than you meant holds something that you did not mean.",
    bad_example=pair(
        "ALTER TABLE devices ALTER COLUMN serial SET DEFAULT '';\n"
        "ALTER TABLE devices ADD CONSTRAINT serial_there CHECK (serial <> '') NOT VALID;",
        "ALTER TABLE devices DROP CONSTRAINT serial_there;\n"
        "ALTER TABLE devices ALTER COLUMN serial DROP DEFAULT;",
    ),
    safe_example=pair(
        "ALTER TABLE devices ADD CONSTRAINT serial_there CHECK (serial <> '') NOT VALID;",
        "ALTER TABLE devices DROP CONSTRAINT serial_there;",
        kind="contract",
    ),
    check=check,
)
OPAQUE = Rule(
    id="OPAQUE-1",
    title="Every statement can be read before it runs",
    why="What EXECUTE puts together when it runs, or another language does, no reviewer and no "
    "rule has seen: it may drop a table. It counts as irreversible.",
    safe="Write the statement itself. EXECUTE of one literal is read.",
    bad_example=pair(
        "DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 'devices ADD COLUMN x int'; END $$;",
        kind="irreversible",
    ),
    safe_example=pair(
        "DO $$ BEGIN EXECUTE 'ALTER TABLE devices ADD COLUMN x int'; END $$;",
        "ALTER TABLE devices DROP COLUMN x;",
    ),
    check=check_readable,
)
