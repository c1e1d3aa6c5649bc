"""What the release gate is told: changes, versions that run, releases that were.

Plain data, per service. Whoever knows the cluster (releases, rollbacks) fills it in; a region that
did not answer is named in `unseen`, since silence is no proof that nothing runs there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from schema.classes import classify
from schema.directives import Step
from schema.files import Folder
from schema.kinds import Kind
from schema.ways_back import WayBack, brought, way_back

Strategy = Literal["rolling", "canary", "blue-green"]
Role = Literal["current", "old", "stable", "canary", "active", "preview"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A migration as the gate sees it."""

    number: int
    name: str
    kind: Kind
    """By analysis."""
    declared: Kind | None = None
    """By the file's header; the author's word that it is meant."""
    step: Step | None = None
    """Which release of a change that takes several (R-MIG-2, R-MIG-3)."""
    takes: tuple[str, ...] = ()
    """What the version before can no longer use."""
    has_down: bool = True
    """Whether its down file, run by itself, brings back all that it took."""
    brings: tuple[str, ...] = ()
    """What it adds, and so what its down file takes from the versions that use it."""

    @property
    def takes_away(self) -> bool:
        """Whether some version may miss something once it ran."""
        return self.kind >= Kind.CONTRACT

    @property
    def is_later_step(self) -> bool:
        """Whether it builds on a release before (R-MIG-2, R-MIG-3)."""
        return self.step is not None and self.step.number > 1

    @property
    def what(self) -> str:
        """How sentences name it."""
        taken = f" (takes {', '.join(self.takes)})" if self.takes else ""
        return f"{self.number:06}_{self.name}, {self.kind.word}{taken}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """A version that runs somewhere: a ReplicaSet, a colour, a canary."""

    version: str
    schema: int
    """The highest migration that the version carries: the schema its code was built for."""
    region: str
    role: Role = "current"
    pods: int = 1
    held: bool = False
    """Kept for the way back though it has no pods: a rollout that can still abort to it."""

    @property
    def may_serve(self) -> bool:
        """Whether a request or a message may reach it, now or without anybody asking the gate."""
        return self.pods > 0 or self.held

    @property
    def where(self) -> str:
        """How sentences name it."""
        kept = f"{self.pods} pods" if self.pods else "kept for the way back"
        return f"{self.version} in {self.region} ({self.role}, {kept})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A release as the records tell it, in the order in which they happened."""

    version: str
    schema: int
    """The highest migration that it carried for this service."""
    completed: bool = True
    """It reached every pod of every region; False while it runs, and after an abort."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """All that decides about one service's database."""

    service: str
    region: str
    """Whose database is asked about; with one database for all regions, any of them."""
    strategy: Strategy
    applied: int
    """The migration at which the database stands; 0 for an empty one."""
    changes: tuple[Change, ...] = ()
    """Every migration that any version carries, by number."""
    live: tuple[Live, ...] = ()
    unseen: tuple[str, ...] = ()
    """Regions that did not answer."""
    records: tuple[Release, ...] = ()
    """Oldest first."""
    shared_database: bool = True
    """Whether all regions read this database (CockroachDB); else it is this region's (D-10)."""
    dirty: bool = False
    """A migration broke off in the middle."""
    migrating: bool = False
    """A migration Job runs at this moment."""

    @property
    def readers(self) -> tuple[Live, ...]:
        """Versions that may use this database."""
        near = (each for each in self.live if self.shared_database or each.region == self.region)
        return tuple(each for each in near if each.may_serve)

    @property
    def blind(self) -> tuple[str, ...]:
        """Unseen regions whose versions may use this database."""
        return tuple(r for r in self.unseen if self.shared_database or r == self.region)

    def between(self, older: int, newer: int) -> tuple[Change, ...]:
        """The changes after one number, up to another."""
        return tuple(each for each in self.changes if older < each.number <= newer)

    def record(self, version: str) -> Release | None:
        """The newest record of a version."""
        return next((r for r in reversed(self.records) if r.version == version), None)

    def first_step(self, change: Change) -> Change | None:
        """The first step of the same change over several releases; None where there is none."""
        return next((e for e in self.steps(change) if e.step and e.step.number == 1), None)

    def steps(self, change: Change) -> tuple[Change, ...]:
        """All steps of the change that a step belongs to."""
        if change.step is None:
            return ()
        key = (change.step.change, change.step.target)
        return tuple(
            each
            for each in self.changes
            if each.step and (each.step.change, each.step.target) == key
        )


def changes(folder: Folder) -> tuple[Change, ...]:
    """The changes of a folder, by number."""
    return tuple(sorted(_changes(folder), key=lambda each: each.number))


def _changes(folder: Folder) -> Iterator[Change]:
    for migration, verdict in classify(folder).items():
        header = migration.up.header if migration.up else None
        declared = Kind[header.kind.upper()] if header and header.kind else None
        yield Change(
            number=migration.number,
            name=migration.name,
            kind=max(verdict.kind, declared or Kind.EXPAND),
            declared=declared,
            step=header.step if header else None,
            takes=verdict.takes,
            has_down=way_back(folder, migration) is WayBack.RESTORES,
            brings=tuple(brought(folder, migration)),
        )
