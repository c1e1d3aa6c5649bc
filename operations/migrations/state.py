"""Where a schema stands: version, dirty, the witness (decision 0052)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from operations.migrations.address import Connection, rows
from operations.migrations.target import Target, step
from schema.files import Folder, Migration


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What golang-migrate's table and its comment say."""

    version: int | None = None
    """None where nothing was ever migrated."""
    dirty: bool = False
    witness: str = ""

    @property
    def applied(self) -> int:
        """The version as a number."""
        return self.version or 0

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"version": self.version, "dirty": self.dirty, "witness": self.witness}


def look(connection: Connection, target: Target) -> State:
    """Ask the database."""
    question = rows(connection, step(connection, "state.sql", {"table": target.table}))
    if not question:
        return State()
    version, dirty, witness = rows(connection, question[0][0])[0]
    return State(version=version, dirty=bool(dirty), witness=witness or "")


def pending(folder: Folder, state: State) -> Sequence[Migration]:
    """What `up` would run."""
    return [each for each in folder.migrations if each.up and each.number > state.applied]


def prior(folder: Folder, version: int) -> int:
    """The number before a version; 0 where it is the first."""
    return max((each.number for each in folder.migrations if each.number < version), default=0)
