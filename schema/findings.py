"""What lint says: rules, and what breaks them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema.files import Folder


class Engine(StrEnum):
    """The database that runs the files (D-10); Citus is PostgreSQL."""

    POSTGRES = "postgres"
    COCKROACHDB = "cockroachdb"


POSTGRES_ONLY = frozenset((Engine.POSTGRES,))
COCKROACHDB_ONLY = frozenset((Engine.COCKROACHDB,))


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Finding:
    """One place where a file breaks a rule."""

    file: str
    line: int
    rule: str
    message: str
    """What was found here; why it matters and the safe way stand in the rule."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A rule with its reason, and an example of the mistake and of the safe way.

    The examples are whole files: tests lint them, and docs/migrations.md is written from them.
    """

    id: str
    title: str
    why: str
    safe: str
    """What to do instead, in a sentence."""
    bad_example: Mapping[str, str]
    safe_example: Mapping[str, str]
    engines: frozenset[Engine] = frozenset(Engine)
    advice: bool = False
    """Good to follow; breaking it stops nothing."""
    check: "Callable[[Folder], Iterable[Finding]] | None" = field(default=None, repr=False)
    """Judges a folder; None where another program finds it."""
