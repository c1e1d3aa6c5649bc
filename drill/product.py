"""The product on a drill's stage: the program's own objects, and new versions of one service.

What is applied is what the program records for the stack `production` in the phase that has the
strategy. A drill chooses times and where Prometheus is, nothing else: most are settings, and two
that are none are set in the recorded workload (`Tempo`). A new version is the recorded workload
with another image tag, as a release would apply it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from drill.behaviour import tag_of
from operations.cluster import Cluster, Object
from operations.deploy import Deployment
from operations.shared import with_previous_version
from rendering import Manifest, manifests, record
from rendering.recorder import reveal
from settings import load, names
from settings.loader import Settings, load_catalog
from settings.strategy import Strategy

SERVICE = "gateway"
"""Whom a drill releases: the one service that everybody reaches over HTTP."""
FIRST = "v7.0.0"
"""The tag that stands in the recorded objects, and the first version that runs."""
STACK = "production"
PHASES: Mapping[Strategy, int] = {"rolling": 2, "canary": 3, "blue-green": 4}
_WORKLOADS = ("Rollout", "Deployment")


def settings(strategy: Strategy, release: Mapping[str, Any], **more: Any) -> Settings:
    """The stack with that strategy and those figures, and no service but the one released."""
    left_out = load_catalog().services.keys() - {SERVICE}
    given: dict[str, Any] = {
        "environment": STACK,
        "phase": PHASES[strategy],
        "strategy": strategy,
        "gitops": False,
        "images": {"tag": FIRST},
        "services": {name: {"enabled": False} for name in left_out},
        "release": dict(release),
        **more,
    }
    return load(STACK, given)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tempo:
    """Times of a workload that are no settings; None is the program's own."""

    min_ready_seconds: int | None = None
    progress_deadline_seconds: int | None = None

    def of(self, workload: Mapping[str, Any]) -> Object:
        """The workload at this tempo."""
        spec: dict[str, Any] = {
            "minReadySeconds": self.min_ready_seconds,
            "progressDeadlineSeconds": self.progress_deadline_seconds,
        }
        chosen = {key: value for key, value in spec.items() if value is not None}
        return {**workload, "spec": {**workload["spec"], **chosen}}


AS_IS = Tempo()


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """What is deployed on a cluster."""

    cluster: Cluster
    settings: Settings
    objects: tuple[Object, ...]
    """Everything of the program, with values in place of secrets."""
    tempo: Tempo = AS_IS

    @property
    def workload(self) -> Object:
        """The released service's Rollout or Deployment, as the program declares it."""
        (found,) = [
            each
            for each in self.objects
            if each["kind"] in _WORKLOADS and each["metadata"]["name"] == SERVICE
        ]
        return found

    def release(self, tag: str) -> None:
        """Ask for another version of the service, as a deployment without the engine does."""
        wanted = self.tempo.of(retagged(self.workload, tag))
        self.cluster.apply(with_previous_version(self.live(), wanted), force=True)

    def ready_pods(self, tag: str) -> int:
        """How many pods of a version could answer."""
        selector = f"app.kubernetes.io/name={SERVICE}"
        pods = self.cluster.list("v1", "Pod", names.APPLICATION_NAMESPACE, selector)
        return sum(_is_ready(pod) for pod in pods if _tag(pod) == tag)

    def live(self) -> Object:
        """The workload as the cluster holds it."""
        kind, version = self.workload["kind"], self.workload["apiVersion"]
        found = self.cluster.get(version, kind, SERVICE, names.APPLICATION_NAMESPACE)
        return found or {"metadata": {}, "spec": {}, "status": {}}


def retagged(content: Mapping[str, Any], tag: str) -> Object:
    """The same object for another version."""
    return json.loads(json.dumps(content).replace(FIRST, tag))


def deploy(kubeconfig: str, of: Settings, tempo: Tempo = AS_IS, seconds: float = 300) -> Product:
    """Bring the whole program of the stack onto the cluster, and wait until it is ready."""
    recorded = [_at(tempo, each) for each in manifests(record(of))]
    cluster = Cluster(kubeconfig)
    done = Deployment(cluster, of.stack_name, recorded, force=True, adopt=True).run(seconds)
    if not done.succeeded:
        raise DrillError(_told((p.kind, p.name, p.state.message) for p in done.failures))
    objects = tuple(reveal(each.content) for each in recorded)
    return Product(cluster=cluster, settings=of, objects=objects, tempo=tempo)


def _at(tempo: Tempo, manifest: Manifest) -> Manifest:
    if manifest.kind not in _WORKLOADS:
        return manifest
    return replace(manifest, content=tempo.of(manifest.content))


def _tag(pod: Object) -> str:
    return tag_of(pod["spec"]["containers"][0]["image"])


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


class DrillError(Exception):
    """A drill could not begin, or did not take the course that it needs to measure anything."""


def _told(failures: Iterable[tuple[str, str, str]]) -> str:
    lines = [f"{kind} {name}: {message}" for kind, name, message in failures]
    return "the product does not become ready on the drill's cluster:\n  " + "\n  ".join(lines)
