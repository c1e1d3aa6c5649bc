"""A release: migrations first, then the new version, then a watch; on trouble the way back.

Under the lock, and with a record that is written at each stage: whoever kills it leaves a cluster
that goes on by itself (a Deployment finishes or keeps its old pods, R-P2-ROLL; a canary is judged
by its own controller, R-P3-ABORT) and word of how far it came. All migrations are done before the
first service moves (R-MIG-6).
"""

import time
from collections.abc import Callable, Mapping, Sequence

from operations import by_engine, lock, notify, records, releasable, rollback, rollouts, workloads
from operations.by_engine import DeployError
from operations.cluster import Cluster
from operations.deploy import Deployed, Deployment
from operations.lock import LostLockError, ReleaseLock
from operations.records import Record, ServiceChange
from operations.refusal import RefusedError
from operations.releasable import Plan
from operations.split import left
from operations.wait import PATIENCE_SECONDS, Progress, Report
from operations.ways_back import find
from operations.workloads import Workload
from rendering.manifest import Manifest

LOOK_SECONDS = 2.0
_WORKLOADS = ("Deployment", "Rollout")
_NOTHING_MOVED = "no service had moved"


class _TroubleError(Exception):
    """Why the release cannot stay."""

    def __init__(self, reason: str, services: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.services = services or {}
        """Whose fault it is, and what is wrong with each."""


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

    def run(
        self,
        begun: Callable[[], object] = lambda: None,
        undone: Callable[[], object] = lambda: None,
    ) -> Record:
        """Release.

        `begun` is called once nothing stands against it and before anything changes, `undone` where
        the cluster runs what it ran before.
        """
        with self._lock:
            self._begin()
            begun()
            try:
                self._course()
            except _TroubleError as trouble:
                self._record.reason = str(trouble)
                if self._back(trouble):
                    undone()
            except LostLockError as lost:
                self._record.outcome, self._record.reason = "interrupted", str(lost)
            except KeyboardInterrupt:
                self._record.outcome = "interrupted"
                raise
            finally:
                if self._record.outcome != "running":
                    self._end()
        return self._record

    def _course(self) -> None:
        if deploy := self._plan.by_engine:
            self._stage("deploy", lambda: self._by_engine(deploy))
            self._stage("migrate", self._migrated)
        else:
            self._stage("migrate", lambda: self._deploy(self._before_services()))
            self._stage("rollout", lambda: self._deploy(self._plan.manifests))
        paused = {n: w for n, w in self._live().items() if w.state.phase == "paused"}
        self._samples()
        if paused:
            self._record.outcome = "waiting"
            self._record.notes += [f"{n}: {w.state.message}" for n, w in sorted(paused.items())]
            return
        self._lock.only_watches()
        self._stage("watch", self._watch)
        self._record.outcome = "succeeded"

    def _begin(self) -> None:
        found = self._live()
        earlier = records.read(self._cluster, self._plan.settings.stack_name)
        goes_on = earlier[0] if earlier and earlier[0].outcome == "running" else None
        releasable.refuse_unfit(self._plan, found, goes_on)
        self._record.checks = [each.as_dict() for each in releasable.asked(self._plan)]
        for name, workload in found.items():
            before = workload.stable_version
            if goes_on and goes_on.version == self._plan.version and name in goes_on.services:
                before = goes_on.services[name].before
            self._record.services[name] = ServiceChange(
                strategy=workload.strategy,
                before=before,
                after=self._plan.settings.image_tag(name),
                schema=len(self._plan.settings.services[name].schema_files),
            )
        if goes_on:
            self._record.notes.append(
                left(goes_on, {n: w.stable_version for n, w in found.items()})
            )
            goes_on.outcome = "interrupted"
            records.write(self._cluster, goes_on)
        self._keep()

    def _stage(self, name: str, act: Callable[[], str]) -> None:
        stage, began = self._record.begin(name), time.monotonic()
        self._keep()
        try:
            stage.detail = act()
            stage.outcome = "succeeded"
        except (_TroubleError, LostLockError) as trouble:
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

    def _by_engine(self, deploy: Callable[[], str]) -> str:
        try:
            said = deploy()
        except DeployError as failed:
            raise _TroubleError(str(failed)) from None
        services = self._record.services
        bad = by_engine.unready(self._live(), {n: each.after for n, each in services.items()})
        for name, change in services.items():
            change.outcome = "failed" if name in bad else "succeeded"
            change.reason = bad.get(name, "")
        if bad:
            raise _TroubleError("; ".join(f"{n}: {why}" for n, why in bad.items()), bad)
        return said

    def _migrated(self) -> str:
        """The engine migrates before each service; this is the proof of it."""
        plan = self._plan
        if missing := by_engine.unmigrated(self._cluster, plan.settings, plan.services):
            raise _TroubleError("; ".join(missing))
        return "each service's Job of this version succeeded"

    def _reported(self, progresses: Sequence[Progress]) -> None:
        self._lock.check()
        self._report(progresses)

    def _note(self, objects: Sequence[Progress]) -> None:
        for progress in objects:
            change = self._record.services.get(progress.name)
            if change and progress.kind in _WORKLOADS:
                change.seconds = progress.seconds
                change.outcome = "succeeded" if progress.state.good else "failed"
                change.reason = "" if progress.state.good else _reason(progress)

    def _samples(self) -> None:
        """What the analysis of each canary has seen."""
        for name, workload in self._live().items():
            self._record.services[name].samples = rollouts.samples(workload.runs)

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
        name = workload.service
        if workload.restarts > restarts:
            reason = f"restarted {workload.restarts - restarts} times"
            raise _TroubleError(f"{name}: {reason}", {name: reason})
        if workload.state.good:
            troubled.pop(name, None)
            return
        since = troubled.setdefault(name, time.monotonic())
        if time.monotonic() - since > PATIENCE_SECONDS:
            reason = workload.state.message
            raise _TroubleError(f"{name}: {reason}", {name: reason})

    def _live(self) -> dict[str, Workload]:
        return workloads.read(self._cluster, self._plan.services)

    def _back(self, trouble: _TroubleError) -> bool:
        """The way back of every service that moved; whether all run what they ran before."""
        self._record.outcome = "failed"
        self._samples()
        if not self._plan.undo:
            self._record.notes.append("left as it is, as asked")
            return False
        live = self._live()
        if not self._moved(live):
            self._record.notes.append(_NOTHING_MOVED)
            return True
        stage, began = self._record.begin("way back"), time.monotonic()
        try:
            services, judge = self._plan.services, self._plan.judge
            ways = find(live, services, [self._record], to=None, every=True, judge=judge).ways
        except RefusedError as refused:
            stage.outcome, stage.detail = "refused", str(refused)
            return False
        result = rollback.run(self._cluster, ways, self._reported, self._plan.timeout_seconds)
        stage.seconds = round(time.monotonic() - began, 2)
        stage.outcome = "succeeded" if result.succeeded else "failed"
        if result.succeeded:
            self._record.outcome = "rolled back"
        self._tell(trouble)
        return result.succeeded

    def _moved(self, live: Mapping[str, Workload]) -> bool:
        return any(
            live[name].version != change.before
            for name, change in self._record.services.items()
            if name in live
        )

    def _tell(self, trouble: _TroubleError) -> None:
        """Tell the team; the controller of a Rollout that aborted has told already."""
        for name, reason in trouble.services.items():
            change = self._record.services[name]
            if change.strategy != "rolling" and change.outcome == "failed":
                continue
            text = notify.rolled_back(name, reason, change.before)
            if why := notify.send(text, self._plan.environment):
                self._record.notes.append(why)

    def _keep(self) -> None:
        records.write(self._cluster, self._record)

    def _end(self) -> None:
        self._record.finished = records.now()
        self._keep()
        records.prune(self._cluster, self._record.stack)


def _trouble(outcome: Deployed) -> _TroubleError:
    """What became of it, told by what failed first; and each service that failed itself."""
    failed = outcome.failures
    if not failed:
        return _TroubleError("something did not become ready")
    first = failed[0]
    services = {each.name: _reason(each) for each in failed if each.kind in _WORKLOADS}
    return _TroubleError(f"{first.kind} {first.name}: {_reason(first)}", services)


def _reason(progress: Progress) -> str:
    """Of a Rollout whose analysis failed also what the metric saw."""
    return "; ".join([progress.state.message, *(e for e in progress.events if e[:7] == "metric ")])
