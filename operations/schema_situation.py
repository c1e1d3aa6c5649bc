"""The release gate's situation, as a cluster tells it (R-MIG-6; issue 8).

Read from what is there: revisions with their pods and schema, the stack's records, the migration
Jobs, and the notes. What nobody wrote down counts as the worst: a version without a schema needs
everything, a region that is not asked may run anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from operations import history, records, workloads
from operations.cluster import Cluster, Object
from operations.history import Revision
from operations.records import Record
from operations.schema_notes import Notes
from operations.workloads import Workload
from schema.situation import Live, Release, Role, Situation
from settings import names
from settings.keeping import CockroachDb
from settings.loader import Settings

PURPOSE = f"{names.ANNOTATION_PREFIX}migrate"
"""Annotation of a Job that `mpk migrate` made: what for."""
_NOBODY_KNOWS = 0
"""The schema of a version that nobody wrote down: it needs whatever was ever taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a cluster holds of one service."""

    workload: Workload | None
    jobs: Sequence[Object]
    """Its migration Jobs, oldest first."""
    records: Sequence[Record]
    """Of the stack, newest first."""


def look(cluster: Cluster, settings: Settings, service: str) -> Seen:
    """Ask the cluster."""
    selector = f"app.kubernetes.io/name={service}-migration"
    jobs = cluster.list("batch/v1", "Job", names.APPLICATION_NAMESPACE, selector=selector)
    return Seen(
        workload=workloads.read(cluster, [service]).get(service),
        jobs=sorted(jobs, key=lambda each: str(each["metadata"].get("creationTimestamp", ""))),
        records=records.read(cluster, settings.stack_name),
    )


def situation(
    settings: Settings, service: str, seen: Seen, notes: Notes, applied: int
) -> Situation:
    """What the gate is told of one service whose schema is at `applied`."""
    database = settings.stack.database
    shared = isinstance(database, CockroachDb)
    region = settings.stack.market or settings.stack_name
    workload = seen.workload
    return Situation(
        service=service,
        region=region,
        strategy=workload.strategy if workload else "rolling",
        applied=applied,
        changes=notes.changes,
        live=tuple(lives(workload, region)) if workload else (),
        unseen=database.spans if isinstance(database, CockroachDb) else (),
        records=tuple(releases(service, seen)),
        shared_database=shared,
        migrating=any(each.get("status", {}).get("active") for each in seen.jobs),
    )


def perhaps(service: str, seen: Seen, notes: Notes) -> int:
    """How far the schema may be: a way back must not count on less."""
    since = _since(notes)
    found = [notes.applied or 0]
    found += [_schema(each) for each in seen.jobs if _when(each) >= since]
    found += [
        change.schema or 0
        for record in seen.records
        if record.started >= since and (change := record.services.get(service))
    ]
    if not since and seen.workload:
        found += [each.schema or 0 for each in seen.workload.revisions]
    return max(found)


def surely(service: str, seen: Seen, notes: Notes) -> int:
    """How far the schema is at least: a release must not count on more."""
    since = _since(notes)
    found = [notes.applied or 0]
    found += [
        _schema(each)
        for each in seen.jobs
        if _when(each) >= since and each.get("status", {}).get("succeeded")
    ]
    found += [
        change.schema or 0
        for record in seen.records
        if record.started >= since
        and (change := record.services.get(service))
        and change.outcome == "succeeded"
    ]
    if not since and seen.workload and seen.workload.ready:
        # A pod starts on no schema before its own.
        found += [each.schema or 0 for each in seen.workload.revisions if each.pods]
    return max(found)


def broke_off(seen: Seen) -> bool:
    """Whether the newest migration Job failed, so that its schema may be half in."""
    looks = ("doctor", "repair")
    moved = [each for each in seen.jobs if purpose_of(each) not in looks]
    if not moved:
        return False
    conditions: list[dict[str, Any]] = moved[-1].get("status", {}).get("conditions") or []
    return any(each["type"] == "Failed" and each["status"] == "True" for each in conditions)


def purpose_of(job: Object) -> str | None:
    """What `mpk migrate` made a Job for; None for one that a deployment made."""
    annotations: dict[str, str] = job["metadata"].get("annotations") or {}
    return annotations.get(PURPOSE)


def lives(workload: Workload, region: str) -> Iterator[Live]:
    """The versions that serve or may serve again without anybody asking: by revision."""
    status: dict[str, Any] = workload.live.get("status") or {}
    for revision in workload.revisions:
        role = _role(workload, revision, status)
        yield Live(
            version=revision.version,
            schema=_NOBODY_KNOWS if revision.schema is None else revision.schema,
            region=region,
            role=role,
            pods=revision.pods,
            held=_held(workload, revision, status),
        )


def releases(service: str, seen: Seen) -> Iterator[Release]:
    """What the records and the workload itself tell, oldest first."""
    for record in reversed(seen.records):
        change = record.services.get(service)
        if change and change.schema is not None:
            yield Release(
                version=change.after,
                schema=change.schema,
                completed=change.outcome == "succeeded",
            )
    workload = seen.workload
    present = workload.present if workload else None
    if workload and present and present.schema is not None:
        # `mpk up` keeps no record: that its pods are all there is the proof.
        through = workload.state.phase == "ready" and _alone(workload.revisions)
        yield Release(version=present.version, schema=present.schema, completed=through)


def _alone(revisions: Iterable[Revision]) -> bool:
    return sum(1 for each in revisions if each.pods) <= 1


def _role(workload: Workload, revision: Revision, status: dict[str, Any]) -> Role:
    newest = workload.present is revision
    match workload.strategy:
        case "rolling":
            return "current" if newest else "old"
        case "canary":
            if revision.pod_hash == status.get("stableRS"):
                return "stable"
            return "canary" if newest else "old"
        case "blue-green":
            colours: dict[str, Any] = status.get("blueGreen") or {}
            if revision.pod_hash == colours.get("activeSelector", status.get("stableRS")):
                return "active"
            return "preview" if newest else "old"


def _held(workload: Workload, revision: Revision, status: dict[str, Any]) -> bool:
    """A Rollout that is not through aborts to its stable version by itself."""
    stable = status.get("stableRS")
    tried = status.get("currentPodHash")
    is_rollout = workload.live["kind"] == "Rollout"
    return is_rollout and revision.pod_hash == stable and tried not in (None, stable)


def _schema(job: Object) -> int:
    return history.schema_of(job["metadata"].get("annotations") or {}) or 0


def _since(notes: Notes) -> str:
    """From when on what moved the schema counts: from the last known step down, or ever."""
    return notes.at if notes.applied is not None else ""


def _when(job: Object) -> str:
    return str(job["metadata"].get("creationTimestamp", ""))
