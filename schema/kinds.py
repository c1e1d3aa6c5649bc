"""The four classes of a migration, and why a file has its own."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """From the mildest to the strictest."""

    EXPAND = 0
    MIGRATE = 1
    CONTRACT = 2
    IRREVERSIBLE = 3

    @property
    def word(self) -> str:
        """As headers and reports spell it."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a statement has its class."""

    kind: Kind
    line: int
    what: str
    takes: str = ""
    """What the version before can no longer use: `table`, `table.column`, `index name` …"""
    analysed: bool = True
    """False where the statement could not be read, so that the strictest class is assumed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The class of a migration, by analysis, with every reason."""

    kind: Kind
    reasons: tuple[Reason, ...] = ()

    @property
    def takes(self) -> tuple[str, ...]:
        """All that the version before can no longer use."""
        return tuple(dict.fromkeys(each.takes for each in self.reasons if each.takes))

    @property
    def analysed(self) -> bool:
        """Whether every statement could be read."""
        return all(each.analysed for each in self.reasons)


Judgement = tuple[Kind, str, str]
"""The class of one effect, what it is, and what it takes from the version before."""
