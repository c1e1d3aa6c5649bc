"""Promote, abort and switch: the decisions that a person takes over a Rollout.

What `kubectl argo rollouts` does, by the same fields of the status. Promote and switch hold the
lock that every change of versions holds, and wait for what comes of it: a colour that was switched
to is watched by its controller, which switches back on trouble (R-P4-BG). An abort asks for no
lock: it must be possible while a release runs. A command that does not fit is refused, and nothing
is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from operations import lock, records, rollback, rollouts, workloads
from operations.cluster import Cluster, Object
from operations.lock import ReleaseLock
from operations.records import Outcome
from operations.refusal import RefusedError
from operations.wait import Progress, Report, follow
from operations.ways_back import half_way
from operations.workloads import Workload
from settings.loader import Settings

_ALL_STEPS: Object = {"status": {"promoteFull": True}}
_ABORT: Object = {"status": {"abort": True}}
_RESUME: Object = {"spec": {"paused": False}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a person decided, and for which services; none: all that it fits."""

    services: Sequence[str]
    timeout_seconds: float
    full: bool = False
    """Of a promotion: past all remaining steps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What came of it."""

    services: Sequence[str]
    objects: Sequence[Progress] = ()

    @property
    def succeeded(self) -> bool:
        """Whether nothing failed afterwards."""
        return all(progress.state.good for progress in self.objects)


def promote(cluster: Cluster, settings: Settings, asked: Decision, report: Report) -> Decided:
    """Let canaries that wait for a person go on, or all of them past their remaining steps."""
    with _held(cluster, settings, "promotion", asked.services) as held:
        found = _chosen(cluster, settings, asked.services, "canary")
        waiting = found if asked.full else [e for e in found if e.state.phase == "paused"]
        if not waiting:
            told = ", ".join(each.service for each in found)
            raise RefusedError(
                f"nothing was changed: no canary waits for a person ({told}); to leave the "
                "remaining steps out say --full"
            )
        for each in waiting:
            if asked.full:
                cluster.merge(each.place, _ALL_STEPS, subresource="status")
            else:
                _go_on(cluster, each)
        return _followed(cluster, settings, waiting, held, asked, report, "promoted")


def switch(cluster: Cluster, settings: Settings, asked: Decision, report: Report) -> Decided:
    """Make the other colour the active one, where it is ready."""
    with _held(cluster, settings, "switch", asked.services) as held:
        found = _chosen(cluster, settings, asked.services, "blue-green")
        unready = [each.service for each in found if each.state.phase != "paused"]
        if unready:
            raise RefusedError(
                f"nothing was changed: the other colour is not ready of {', '.join(unready)}; "
                "`mpk status` shows how far it is"
            )
        for each in found:
            _go_on(cluster, each)
        return _followed(cluster, settings, found, held, asked, report, "switched")


def abort(cluster: Cluster, settings: Settings, services: Sequence[str]) -> Decided:
    """Give all traffic back to the stable version at once."""
    found = _chosen(cluster, settings, services, None)
    for each in found:
        cluster.merge(each.place, _ABORT, subresource="status")
    _note(cluster, settings, found, "aborted", "aborted")
    return Decided(services=[each.service for each in found])


def _go_on(cluster: Cluster, workload: Workload) -> None:
    """Past the pause it stands at; an analysis that could not tell is a step that is left."""
    if workload.live["spec"].get("paused"):
        cluster.merge(workload.place, _RESUME)
    status: Object = {"pauseConditions": None}
    step, reason = rollouts.step(workload.live), rollouts.pause(workload.live)
    if reason == "InconclusiveAnalysisRun" and step is not None:
        status["currentStepIndex"] = step + 1
    cluster.merge(workload.place, {"status": status}, subresource="status")


def _held(cluster: Cluster, settings: Settings, what: str, services: Sequence[str]) -> ReleaseLock:
    told = ", ".join(services) or "every service"
    return ReleaseLock(cluster, settings.stack_name, f"{what} of {told}")


def _followed(
    cluster: Cluster,
    settings: Settings,
    found: Sequence[Workload],
    held: ReleaseLock,
    asked: Decision,
    report: Report,
    word: str,
) -> Decided:
    """Wait until nothing moves any more; a way back may take the lock meanwhile."""
    held.only_watches()
    moving = [rollback.moving(each) for each in found]

    def reported(progresses: Sequence[Progress]) -> None:
        held.check()
        report(progresses)

    follow(cluster, moving, reported, asked.timeout_seconds)
    done = Decided(services=[each.service for each in found], objects=moving)
    paused = any(each.state.phase == "paused" for each in moving)
    good: Outcome = "waiting" if paused else "succeeded"
    _note(cluster, settings, found, word, good if done.succeeded else "failed")
    return done


def _note(
    cluster: Cluster, settings: Settings, found: Sequence[Workload], word: str, outcome: Outcome
) -> None:
    """Write it into the record of the release that waits for the decision."""
    last = next(iter(records.read(cluster, settings.stack_name)), None)
    if last is None or last.action != "release" or last.outcome != "waiting":
        return
    told = ", ".join(each.service for each in found)
    last.notes.append(f"{word} {told}, by {lock.me()}, {records.now()}")
    if {each.service for each in found} >= _waiting(cluster, settings, last.services):
        last.outcome = outcome
    records.write(cluster, last)


def _waiting(cluster: Cluster, settings: Settings, services: Sequence[str] | Object) -> set[str]:
    """Those of the services that still wait for a person."""
    found = workloads.read(cluster, settings.services)
    return {n for n, each in found.items() if n in services and each.state.phase == "paused"}


def _chosen(
    cluster: Cluster, settings: Settings, services: Sequence[str], strategy: str | None
) -> list[Workload]:
    """The workloads that a new version is being tried on; refused where there are none."""
    found = workloads.read(cluster, services or settings.services)
    against = [f"{name} is not deployed here" for name in services if name not in found]
    trying: list[Workload] = []
    for each in found.values():
        if why := unfit(each, strategy):
            against += [f"{each.service} {why}"] if services else []
        else:
            trying.append(each)
    if not trying and not against:
        against.append(_NOTHING[strategy])
    if against:
        raise RefusedError("nothing was changed:\n  " + "\n  ".join(against))
    return trying


_NOTHING: dict[str | None, str] = {
    None: "nothing is being released; back goes `mpk rollback`",
    "canary": "no canary is being released",
    "blue-green": "no service has another colour that waits; back goes `mpk rollback`",
}


def unfit(workload: Workload, strategy: str | None) -> str:
    """Why a decision for that strategy does not fit a service as it stands; empty where it does."""
    if workload.live["kind"] != "Rollout":
        return "is a Deployment, which has no steps and no colours; back goes `mpk rollback`"
    if strategy and workload.strategy != strategy:
        return f"goes out by {workload.strategy}, not by {strategy}"
    if not half_way(workload):
        return f"runs {workload.version} alone: nothing is being released"
    if workload.live.get("status", {}).get("abort"):
        return f"is aborted already; it runs {workload.stable_version}"
    return ""
