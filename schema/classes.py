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

from schema.files import Folder, Migration, SqlFile
from schema.judges import JUDGES, NEUTRAL
from schema.kinds import Kind, Reason, Verdict
from schema.visits import Visit, walk


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


def reasons(visit: Visit) -> Iterator[Reason]:
    """The reasons of one statement; none where it leaves shapes and rows alone."""
    statement = visit.statement
    if judge := JUDGES.get(statement.kind):
        for kind, what, takes in judge(visit, statement.node):
            yield Reason(kind=kind, line=statement.line, what=what, takes=takes)
    elif statement.kind not in NEUTRAL:
        yield _assumed(statement.line, f"{statement.kind} is not understood")
    elif not visit.readable:
        yield _assumed(statement.line, "holds words that are put together when it runs")


def _unread(file: SqlFile | None) -> Iterator[Reason]:
    if file and file.broken:
        yield _assumed(file.broken.line, f"is no SQL ({file.broken.message})")


def _assumed(line: int, what: str) -> Reason:
    what += ", so the strictest class is assumed"
    return Reason(kind=Kind.IRREVERSIBLE, line=line, what=what, analysed=False)
