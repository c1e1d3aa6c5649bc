"""Promote, abort and switch: the decisions that a person takes over a Rollout.

What `kubectl argo rollouts` does, by the same fields of the status, under the lock that every
change of versions holds. A command that does not fit what runs is refused, and nothing is changed.
"""

from collections.abc import Sequence

from operations import workloads
from operations.cluster import Cluster, Object
from operations.lock import ReleaseLock
from operations.refusal import RefusedError
from operations.ways_back import half_way
from operations.workloads import Workload
from settings.loader import Settings

_GO_ON: Object = {"status": {"pauseConditions": None}}
_ALL_STEPS: Object = {"status": {"promoteFull": True, "pauseConditions": None}}
_ABORT: Object = {"status": {"abort": True}}


def promote(
    cluster: Cluster, settings: Settings, services: Sequence[str], *, full: bool
) -> list[str]:
    """Let canaries that wait for a person go on, or all of them past their remaining steps."""
    with _held(cluster, settings, "promotion", services):
        found = _chosen(cluster, settings, services, "canary")
        if full:
            return _patch(cluster, found, _ALL_STEPS)
        waiting = [each for each in found if each.state.phase == "paused"]
        if not waiting:
            told = ", ".join(each.service for each in found)
            raise RefusedError(
                f"nothing was changed: no canary waits for a person ({told}); to leave the "
                "remaining steps out say --full"
            )
        return _patch(cluster, waiting, _GO_ON)


def abort(cluster: Cluster, settings: Settings, services: Sequence[str]) -> list[str]:
    """Give all traffic back to the stable version at once."""
    with _held(cluster, settings, "abort", services):
        return _patch(cluster, _chosen(cluster, settings, services, None), _ABORT)


def switch(cluster: Cluster, settings: Settings, services: Sequence[str]) -> list[str]:
    """Make the other colour the active one, where it is ready."""
    with _held(cluster, settings, "switch", services):
        found = _chosen(cluster, settings, services, "blue-green")
        unready = [each.service for each in found if each.state.phase != "paused"]
        if unready:
            raise RefusedError(
                f"nothing was changed: the other colour is not ready of {', '.join(unready)}; "
                "`mpk status` shows how far it is"
            )
        return _patch(cluster, found, _GO_ON)


def _held(cluster: Cluster, settings: Settings, what: str, services: Sequence[str]) -> ReleaseLock:
    told = ", ".join(services) or "every service"
    return ReleaseLock(cluster, settings.stack_name, f"{what} of {told}")


def _chosen(
    cluster: Cluster, settings: Settings, services: Sequence[str], strategy: str | None
) -> list[Workload]:
    """The workloads that a new version is being tried on; refused where there are none."""
    found = workloads.read(cluster, services or settings.services)
    absent = [name for name in services if name not in found]
    against = [f"{name} is not deployed here" for name in absent]
    for each in found.values():
        if each.live["kind"] != "Rollout":
            why = "is a Deployment, which has no steps and no colours; back goes `mpk rollback`"
        elif strategy and each.strategy != strategy:
            why = f"goes out by {each.strategy}, not by {strategy}"
        elif not half_way(each):
            why = f"runs {each.version} alone: nothing is being released"
        else:
            continue
        if services:
            against.append(f"{each.service} {why}")
    trying = [
        each
        for each in found.values()
        if each.live["kind"] == "Rollout"
        and half_way(each)
        and (strategy is None or each.strategy == strategy)
    ]
    if against or not trying:
        against = against or ["no service is being released that way"]
        raise RefusedError("nothing was changed:\n  " + "\n  ".join(against))
    return trying


def _patch(cluster: Cluster, found: Sequence[Workload], change: Object) -> list[str]:
    for each in found:
        cluster.merge(each.place, change, subresource="status")
    return [each.service for each in found]
