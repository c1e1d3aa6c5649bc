"""The class of a migration: what may go on while it runs and after it (R-MIG-6, pitfall M-4).

    expand        adds; the version before runs on as if nothing had happened
    migrate       changes rows, not shapes; old and new code read them
    contract      takes away or forbids what the version before may use; its way back restores that
    irreversible  loses data that no way back restores

The class of a file is the strictest of its statements. A DROP whose down file makes the thing again
and fills it from what stayed is a contract; without that it is irreversible. The file repeats its
class in its header, so that a reviewer sees what the analysis saw; the two must agree.
"""

from collections.abc import Iterator

from schema import plpgsql
from schema.files import Folder, Migration, SqlFile
from schema.judges import JUDGES, NEUTRAL
from schema.kinds import Kind, Reason, Verdict
from schema.statements import Statement
from schema.tables import Visit, walk


def classify(folder: Folder) -> dict[Migration, Verdict]:
    """The class of each migration of a folder that has a way up."""
    found = {each: list(_unread(each.up)) for each in folder.migrations if each.up}
    for visit in walk(folder):
        if visit.up:
            found[visit.migration] += reasons(visit)
    return {
        migration: Verdict(
            kind=max((each.kind for each in reasons), default=Kind.EXPAND), reasons=tuple(reasons)
        )
        for migration, reasons in found.items()
    }


def _unread(file: SqlFile) -> Iterator[Reason]:
    if file.broken:
        what = f"is no SQL ({file.broken.message}), so the strictest class is assumed"
        yield Reason(kind=Kind.IRREVERSIBLE, line=file.broken.line, what=what, analysed=False)


def reasons(visit: Visit) -> Iterator[Reason]:
    """The reasons of one statement; none where it leaves shapes and rows alone."""
    statement = visit.statement
    if statement.kind == "DoStmt":
        yield from _block(visit)
    elif judge := JUDGES.get(statement.kind):
        for kind, what, takes in judge(visit, statement.node):
            yield Reason(kind=kind, line=statement.line, what=what, takes=takes)
    elif statement.kind not in NEUTRAL:
        what = f"{statement.kind} is not understood, so the strictest class is assumed"
        yield Reason(kind=Kind.IRREVERSIBLE, line=statement.line, what=what, analysed=False)


def _block(visit: Visit) -> Iterator[Reason]:
    """A DO block by the statements in it; words put together at run time cannot be read."""
    inner, readable = plpgsql.statements(visit.statement)
    for each in inner:
        yield from reasons(_within(visit, each))
    if not readable:
        yield Reason(
            kind=Kind.IRREVERSIBLE,
            line=visit.statement.line,
            what="a DO block that cannot be read, so the strictest class is assumed",
            analysed=False,
        )


def _within(visit: Visit, statement: Statement) -> Visit:
    return Visit(
        migration=visit.migration, file=visit.file, statement=statement, schema=visit.schema
    )
