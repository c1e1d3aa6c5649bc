"""A release: migrations first, then the new version, then a watch; on trouble the way back.

Under the lock, and with a record that is written at each stage: whoever kills it leaves a cluster
that goes on by itself (a Deployment finishes or keeps its old pods, R-P2-ROLL) and word of how far
it came. All migrations are done before the first service moves (R-MIG-6).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from operations import lock, notify, records, rollback, workloads
from operations.cluster import Cluster
from operations.deploy import Deployed, Deployment
from operations.lock import ReleaseLock
from operations.records import Record, ServiceChange
from operations.refusal import RefusedError
from operations.schema_moves import Judge, known_only
from operations.wait import PATIENCE_SECONDS, Progress, Report
from operations.ways_back import find
from operations.workloads import Workload
from rendering.manifest import Manifest
from settings.loader import Settings

LOOK_SECONDS = 2.0
_WORKLOADS = ("Deployment", "Rollout")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be released, and how."""

    settings: Settings
    """At the new version."""
    version: str
    services: Sequence[str]
    manifests: Sequence[Manifest] = field(repr=False)
    watch_seconds: float
    approved_by: str = ""
    timeout_seconds: float = 900
    force: bool = False
    undo: bool = True
    """Whether a release that fails goes back by itself."""
    judge: Judge | None = known_only
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Where the webhook stands."""


class _TroubleError(Exception):
    """Why the release cannot stay."""

    def __init__(self, reason: str, service: str = "") -> None:
        super().__init__(reason)
        self.service = service


class Release:
    """One release of one stack."""

    def __init__(self, cluster: Cluster, plan: Plan, report: Report = lambda _: None) -> None:
        """Prepare; nothing is read or written before `run`."""
        self._cluster, self._plan, self._report = cluster, plan, report
        self._lock = ReleaseLock(cluster, plan.settings.stack_name, f"release of {plan.version}")
        self._record = Record(
            id=records.new_id(),
            stack=plan.settings.stack_name,
            action="release",
            version=plan.version,
            by=lock.me(),
            approved_by=plan.approved_by,
            started=records.now(),
        )

    def run(self, begun: Callable[[], object] = lambda: None) -> Record:
        """Release; `begun` is called once nothing stands against it and before anything changes."""
        with self._lock:
            self._begin()
            begun()
            try:
                self._stage("migrate", lambda: self._deploy(self._before_services()))
                self._stage("rollout", lambda: self._deploy(self._plan.manifests))
                self._stage("watch", self._watch)
                self._record.outcome = "succeeded"
            except _TroubleError as trouble:
                self._record.reason = str(trouble)
                self._back(trouble)
            except KeyboardInterrupt:
                self._record.outcome = "interrupted"
                raise
            finally:
                if self._record.outcome != "running":
                    self._end()
        return self._record

    def _begin(self) -> None:
        found = workloads.read(self._cluster, self._plan.services)
        earlier = records.read(self._cluster, self._plan.settings.stack_name)
        goes_on = earlier[0] if earlier and earlier[0].outcome == "running" else None
        refuse_unfit(self._plan, found, goes_on)
        for name, workload in found.items():
            before = workload.version
            if goes_on and goes_on.version == self._plan.version and name in goes_on.services:
                before = goes_on.services[name].before
            self._record.services[name] = ServiceChange(
                strategy=workload.strategy,
                before=before,
                after=self._plan.settings.image_tag(name),
                schema=len(self._plan.settings.services[name].schema_files),
            )
        if goes_on:
            goes_on.outcome = "interrupted"
            records.write(self._cluster, goes_on)
        self._keep()

    def _stage(self, name: str, act: Callable[[], str]) -> None:
        stage, began = self._record.begin(name), time.monotonic()
        self._keep()
        try:
            stage.detail = act()
            stage.outcome = "succeeded"
        except _TroubleError as trouble:
            stage.outcome, stage.detail = "failed", str(trouble)
            raise
        finally:
            stage.seconds = round(time.monotonic() - began, 2)
            self._keep()

    def _before_services(self) -> list[Manifest]:
        """Everything that does not wait for a service: configuration, stores, migrations."""
        wanted = [m for m in self._plan.manifests if m.kind in _WORKLOADS]
        after = {m.urn for m in wanted}
        while more := {m.urn for m in self._plan.manifests if m.depends_on & after} - after:
            after |= more
        return [m for m in self._plan.manifests if m.urn not in after]

    def _deploy(self, manifests: Sequence[Manifest]) -> str:
        partial = len(manifests) < len(self._plan.manifests)
        outcome = Deployment(
            self._cluster,
            self._plan.settings.stack_name,
            manifests,
            force=self._plan.force,
            partial=partial,
            report=self._reported,
        ).run(self._plan.timeout_seconds)
        if not partial:
            self._note(outcome.objects)
        if not outcome.succeeded:
            raise _trouble(outcome)
        return f"{len(outcome.objects)} objects"

    def _reported(self, progresses: Sequence[Progress]) -> None:
        self._lock.check()
        self._report(progresses)

    def _note(self, objects: Sequence[Progress]) -> None:
        for progress in objects:
            change = self._record.services.get(progress.name)
            if change and progress.kind in _WORKLOADS:
                change.seconds = progress.seconds
                change.outcome = "succeeded" if progress.state.good else "failed"
                change.reason = "" if progress.state.good else progress.state.message

    def _watch(self) -> str:
        """No service may fail or restart while the release is watched (R-CHECK, R-P4-BG)."""
        before = {n: w.restarts for n, w in self._live().items()}
        troubled: dict[str, float] = {}
        looks, until = 0, time.monotonic() + self._plan.watch_seconds
        while time.monotonic() < until:
            self._lock.check()
            for name, workload in self._live().items():
                self._judge(workload, before.get(name, 0), troubled)
            looks += 1
            time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))
        return f"{self._plan.watch_seconds:.0f} s, {looks} looks"

    def _judge(self, workload: Workload, restarts: int, troubled: dict[str, float]) -> None:
        if workload.restarts > restarts:
            raise _TroubleError(f"restarted {workload.restarts - restarts} times", workload.service)
        if workload.state.good:
            troubled.pop(workload.service, None)
            return
        since = troubled.setdefault(workload.service, time.monotonic())
        if time.monotonic() - since > PATIENCE_SECONDS:
            raise _TroubleError(workload.state.message, workload.service)

    def _live(self) -> dict[str, Workload]:
        return workloads.read(self._cluster, self._plan.services)

    def _back(self, trouble: _TroubleError) -> None:
        """The way back of every service that moved; told to the team once it is under way."""
        self._record.outcome = "failed"
        if not self._plan.undo:
            self._record.notes.append("left as it is, as asked")
            return
        stage, began = self._record.begin("way back"), time.monotonic()
        try:
            ways = find(
                self._live(),
                self._plan.services,
                [self._record],
                to=None,
                every=True,
                judge=self._plan.judge,
            ).ways
        except RefusedError as refused:
            stage.outcome, stage.detail = "refused", str(refused)
            return
        result = rollback.run(self._cluster, ways, self._reported, self._plan.timeout_seconds)
        stage.seconds = round(time.monotonic() - began, 2)
        stage.outcome = "succeeded" if result.succeeded else "failed"
        if result.succeeded:
            self._record.outcome = "rolled back"
        self._tell(trouble)

    def _tell(self, trouble: _TroubleError) -> None:
        change = self._record.services.get(trouble.service)
        name = trouble.service or self._record.stack
        text = notify.rolled_back(name, str(trouble), change.before if change else "")
        if why := notify.send(text, self._plan.environment):
            self._record.notes.append(why)

    def _keep(self) -> None:
        records.write(self._cluster, self._record)

    def _end(self) -> None:
        self._record.finished = records.now()
        self._keep()
        records.prune(self._cluster, self._record.stack)


def refuse_unfit(plan: Plan, found: Mapping[str, Workload], goes_on: Record | None) -> None:
    """What cannot be released as things stand: one error, nothing changed."""
    missing = [name for name in plan.services if name not in found]
    if missing:
        raise RefusedError(
            f"nothing was changed: {', '.join(missing)} not deployed here; first: "
            f"mpk up {plan.settings.stack_name}"
        )
    live = all(
        each.version == plan.settings.image_tag(name) and each.state.phase == "ready"
        for name, each in found.items()
    )
    if live and not goes_on:
        raise RefusedError(f"nothing was changed: {plan.version} is live already, and healthy")


def _trouble(outcome: Deployed) -> _TroubleError:
    first = next(iter(outcome.failures), None)
    if first is None:
        return _TroubleError("something did not become ready")
    service = first.name if first.kind in _WORKLOADS else ""
    return _TroubleError(f"{first.kind} {first.name}: {first.state.message}", service)
