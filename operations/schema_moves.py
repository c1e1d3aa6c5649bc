"""Whether code may go back over the schema changes that lie between (pitfall M-4).

What an older version finds is never guessed: where nobody knows, the way back is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from operations.history import Revision


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One service's code on its way from one schema version's to another's."""

    service: str
    present: int | None
    """The schema that the present code was released with; None where nobody wrote it down."""
    target: int | None
    """The same of the code to go back to."""
    version: str = ""
    """The version to go back to."""


Judge = Callable[[Move], str | None]
"""Why code may not move so; None where it may."""


def known_only(move: Move) -> str | None:
    """Code goes back where the schema did not move since; everything else is not known."""
    if move.present is None or move.target is None:
        return "nobody wrote down which schema that version was released with"
    if move.target == move.present:
        return None
    return (
        f"its schema moved from {move.target} to {move.present} since, and whether that version "
        "still runs on it is not known"
    )


def move(service: str, present: Revision | None, target: Revision) -> Move:
    """The move between two revisions."""
    return Move(
        service=service,
        present=present and present.schema,
        target=target.schema,
        version=target.version,
    )
