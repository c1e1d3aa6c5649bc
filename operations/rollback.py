"""The way back: a workload's pod template becomes that of an earlier revision.

As `kubectl rollout undo` does, for every strategy, and in the name of whoever declared the
workload: the next deployment then finds no foreign owner. It needs the cluster and nothing else, so
it works where the checkout is broken.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations import gitops, lock, records, workloads
from operations import live as live_objects
from operations.cluster import FIELD_MANAGER, Cluster, Object
from operations.history import Revision
from operations.lock import ReleaseLock
from operations.records import Record, ServiceChange
from operations.schema_moves import Judge, known_only
from operations.wait import TIMEOUT_SECONDS, Progress, Report, follow
from operations.ways_back import Way, Ways, find
from operations.workloads import Workload
from settings import names
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class RolledBack:
    """How a rollback ended."""

    objects: Sequence[Progress]
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether every service runs its earlier version."""
        return all(progress.state.good for progress in self.objects)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a person asks for."""

    services: Sequence[str]
    """None: every service that the last change touched, or with `to` every one."""
    to: str | None = None
    judge: Judge | None = known_only
    """What the schema allows; None where the person answers for it."""
    approved_by: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of it."""

    ways: Ways
    result: RolledBack
    record: Record


def course(
    cluster: Cluster, settings: Settings, wanted: Wanted, report: Report = lambda _: None
) -> Done:
    """Under the lock: find the ways, go back, keep the record. Raises where nothing can be done."""
    told = ", ".join(wanted.services) or "every service"
    what = f"rollback of {told}"
    with ReleaseLock(cluster, settings.stack_name, what, way_back=True) as held:

        def reported(progresses: Sequence[Progress]) -> None:
            held.check()
            report(progresses)

        ways = find(
            workloads.read(cluster, settings.services),
            wanted.services or list(settings.services),
            records.read(cluster, settings.stack_name),
            to=wanted.to,
            every=not wanted.services,
            judge=wanted.judge,
        )
        record = _begun(settings, ways.ways, wanted)
        if settings.delivery.gitops:
            record.notes += gitops.stop_syncing(cluster, record.services)
        records.write(cluster, record)
        result = run(cluster, ways.ways, reported, wanted.timeout_seconds)
        conclude(record, result)
        records.write(cluster, record)
        records.prune(cluster, settings.stack_name)
    return Done(ways=ways, result=result, record=record)


def _begun(settings: Settings, ways: Sequence[Way], wanted: Wanted) -> Record:
    versions = list(dict.fromkeys(way.target.version for way in ways))
    record = Record(
        id=records.new_id(),
        stack=settings.stack_name,
        action="rollback",
        version=wanted.to or ", ".join(versions),
        by=lock.me(),
        approved_by=wanted.approved_by,
        started=records.now(),
    )
    record.services = {
        way.workload.service: ServiceChange(
            strategy=way.workload.strategy,
            before=way.workload.version,
            after=way.target.version,
            schema=way.target.schema,
        )
        for way in ways
    }
    record.begin("rollback")
    return record


def conclude(record: Record, result: RolledBack) -> None:
    """Write into a record how each service's way ended."""
    ended: Mapping[str, Progress] = {progress.name: progress for progress in result.objects}
    for name, change in record.services.items():
        if progress := ended.get(name):
            change.seconds = progress.seconds
            change.outcome = "succeeded" if progress.state.good else "failed"
            change.reason = "" if progress.state.good else progress.state.message
    record.outcome = "succeeded" if result.succeeded else "failed"
    record.finished = records.now()
    record.stages[-1].seconds = round(result.seconds, 2)
    record.stages[-1].outcome = record.outcome


def run(
    cluster: Cluster,
    ways: Sequence[Way],
    report: Report = lambda _: None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> RolledBack:
    """Send every service back at once, then wait for all of them."""
    began = time.monotonic()
    found = [_begin(cluster, way) for way in ways]
    follow(cluster, found, report, timeout_seconds)
    return RolledBack(objects=found, seconds=time.monotonic() - began)


def _begin(cluster: Cluster, way: Way) -> Progress:
    cluster.apply(
        restored(way.workload.live, way.target), force=True, manager=_declarer(way.workload.live)
    )
    return moving(way.workload)


def moving(workload: Workload) -> Progress:
    """A workload that was just changed."""
    place = workload.place
    return Progress(
        urn=f"{place.kind}/{place.name}",
        api_version=place.api_version,
        kind=place.kind,
        namespace=place.namespace,
        name=place.name,
        change="changed",
        started=time.monotonic(),
    )


def restored(live: Object, revision: Revision) -> Object:
    """What its declarer applied last, with the pod template and annotations of the revision."""
    content = live_objects.applied_by(live, _declarer(live))
    metadata: dict[str, Any] = content["metadata"]
    annotations = {
        key: value
        for key, value in metadata.get("annotations", {}).items()
        if not key.startswith(names.ANNOTATION_PREFIX)
    }
    told = annotations | dict(revision.annotations)
    return {
        **content,
        "metadata": {**metadata, **({"annotations": told} if told else {})},
        "spec": {**content.get("spec", {}), "template": dict(revision.template)},
    }


def _declarer(live: Object) -> str:
    """Who applied the pod template: this program or the engine; without either, this program."""
    for entry in live["metadata"].get("managedFields", []):
        fields: dict[str, Any] = entry.get("fieldsV1") or {}
        spec: dict[str, Any] = fields.get("f:spec") or {}
        if entry.get("operation") == "Apply" and "f:template" in spec:
            return str(entry["manager"])
    return FIELD_MANAGER
