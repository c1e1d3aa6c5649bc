"""What the release gate says to `mpk migrate up` and `down 1` (R-MIG-6).

The version and the dirt are the database's own. Who reads it, only a cluster tells: where none was
named, whatever takes something away waits.
"""

import dataclasses

from operations import schema_notes
from operations.cluster import Cluster
from operations.migrations.examination import Examination
from operations.migrations.state import State
from operations.migrations.target import Target
from operations.refusal import RefusedError
from operations.schema_notes import Notes
from operations.schema_situation import look, situation
from schema.gate import ReleaseDecision, down_decision, release_decision
from schema.situation import Change, Situation
from settings.loader import Settings

UNNAMED = "the cluster (name it with --stack)"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Readers:
    """Who may read the database: a cluster, or nobody knows, or a person answers for nobody."""

    settings: Settings | None = None
    cluster: Cluster | None = None
    nobody: bool = False


def now(
    target: Target, readers: Readers, found: Examination, files: tuple[Change, ...]
) -> Situation:
    """What the gate is told."""
    state, name = found.state, target.service.name
    running = any(each.check == "lock" for each in found.findings)
    if readers.cluster is None or readers.settings is None:
        fresh = state.applied == 0  # no version starts on a schema that is not there
        return Situation(
            service=name, region=UNNAMED, strategy="rolling", applied=state.applied, changes=files,
            unseen=() if readers.nobody or fresh else (UNNAMED,), dirty=state.dirty,
            migrating=running,
        )  # fmt: skip
    cluster, settings = readers.cluster, readers.settings
    noted = schema_notes.read(cluster, settings.stack_name, name) or Notes()
    notes = schema_notes.merged(noted, files)
    told = situation(settings, name, look(cluster, settings, name), notes, state.applied)
    nobody = {"live": (), "unseen": ()} if readers.nobody else {}
    return dataclasses.replace(
        told, dirty=state.dirty, migrating=told.migrating or running, **nobody
    )


def to_release(situation: Situation, readers: Readers) -> ReleaseDecision:
    """Whether all that is pending may run."""
    newest = max((each.number for each in situation.changes), default=0)
    decision = release_decision(situation, "the folder", newest)
    unsettled = situation.dirty or situation.migrating
    return ReleaseDecision(action="go") if readers.nobody and not unsettled else decision


def to_undo(situation: Situation) -> ReleaseDecision:
    """Whether the newest may be undone."""
    if situation.applied == 0:
        return ReleaseDecision(action="refuse", reasons=("Nothing was migrated yet.",))
    return down_decision(situation)


def refuse(service: str, decision: ReleaseDecision) -> None:
    """Stop with every reason."""
    if decision.action != "go":
        told = "\n  ".join(decision.reasons)
        raise RefusedError(
            f"nothing was changed; the gate says {decision.action} to {service}:\n  {told}"
        )


def note(target: Target, readers: Readers, state: State, files: tuple[Change, ...]) -> None:
    """Leave word in the cluster, so that a rollback knows where the schema is."""
    if readers.cluster and readers.settings:
        stack = readers.settings.stack_name
        applied = None if state.dirty else state.applied
        schema_notes.keep(readers.cluster, stack, target.service.name, files, applied)
