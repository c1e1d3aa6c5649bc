"""The services of a stack as they run now: which version, how it is replaced, how far it is.

Each kind is listed once, whatever the number of services.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations import history, rollouts
from operations.cluster import Cluster, Object, Place
from operations.history import Revision
from operations.readiness import State, assess, pod_trouble
from settings import names
from settings.strategy import Strategy

ROLLOUT_API = "argoproj.io/v1alpha1"
_KINDS = (("apps/v1", "Deployment"), (ROLLOUT_API, "Rollout"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """One service as the cluster holds it."""

    service: str
    live: Object = field(repr=False)
    revisions: Sequence[Revision]
    runs: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    """AnalysisRuns of the present revision."""
    pods: Sequence[Object] = field(default=(), repr=False)

    @property
    def place(self) -> Place:
        """Where it is."""
        metadata = self.live["metadata"]
        return Place(
            api_version=str(self.live["apiVersion"]),
            kind=str(self.live["kind"]),
            namespace=str(metadata["namespace"]),
            name=str(metadata["name"]),
        )

    @property
    def strategy(self) -> Strategy:
        """How it replaces its pods."""
        return rollouts.strategy(self.live)

    @property
    def version(self) -> str:
        """The image tag that is asked for."""
        return history.version_of(self.live["spec"]["template"], self.service)

    @property
    def stable_version(self) -> str:
        """The version that answers unless a new one is being tried: of a Rollout the stable one."""
        stable = self.live.get("status", {}).get("stableRS")
        return next((r.version for r in self.revisions if stable and r.pod_hash == stable),
                    self.version)  # fmt: skip

    @property
    def present(self) -> Revision | None:
        """The revision that is asked for."""
        return self.revisions[0] if self.revisions else None

    @property
    def wanted(self) -> int:
        """Pods that are asked for."""
        return int(self.live["spec"].get("replicas", 1))

    @property
    def ready(self) -> int:
        """Pods that answer."""
        return int(self.live.get("status", {}).get("readyReplicas", 0))

    @property
    def state(self) -> State:
        """How it stands; trouble of its pods before a mere wait."""
        state = assess(self.live)
        if state.phase != "progressing":
            return state
        trouble = pod_trouble(self.pods)
        return trouble if trouble and trouble.phase == "failed" else state

    @property
    def restarts(self) -> int:
        """How often containers of its pods were started again."""
        statuses = (s for p in self.pods for s in p.get("status", {}).get("containerStatuses", []))
        return sum(int(status.get("restartCount", 0)) for status in statuses)


def read(cluster: Cluster, services: Iterable[str]) -> dict[str, Workload]:
    """The workloads of these services that are there, by name."""
    space, wanted = names.APPLICATION_NAMESPACE, set(services)
    live = [
        found
        for api_version, kind in _KINDS
        for found in cluster.list(api_version, kind, space)
        if found["metadata"]["name"] in wanted
    ]
    replica_sets = cluster.list("apps/v1", "ReplicaSet", space)
    any_rollout = any(each["kind"] == "Rollout" for each in live)
    runs = cluster.list(ROLLOUT_API, "AnalysisRun", space) if any_rollout else []
    pods = _by_service(cluster.list("v1", "Pod", space))
    return {
        (service := str(each["metadata"]["name"])): Workload(
            service=service,
            live=each,
            revisions=history.revisions(each, replica_sets),
            runs=rollouts.of_revision(runs, each) if each["kind"] == "Rollout" else (),
            pods=pods.get(service, ()),
        )
        for each in sorted(live, key=lambda found: str(found["metadata"]["name"]))
    }


def _by_service(pods: Iterable[Object]) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for pod in pods:
        name = pod["metadata"].get("labels", {}).get("app.kubernetes.io/name", "")
        found.setdefault(str(name), []).append(pod)
    return found
