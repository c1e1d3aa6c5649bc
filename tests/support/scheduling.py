"""What the scheduler has to place of a stack, applied to a real cluster, and where it put the pods.

Stores, Jobs and autoscalers are left out where they have no say in it: a service asks for as many
pods at once as its autoscaler would ask for.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.cluster import Cluster
from rendering import manifests, record
from rendering.recorder import reveal
from settings.loader import Settings
from settings.names import APPLICATION_NAMESPACE, DATA_NAMESPACE

# In this order: each needs those before it.
KINDS = (
    "PriorityClass", "Namespace", "ResourceQuota", "LimitRange", "ServiceAccount",
    "PodDisruptionBudget", "StatefulSet", "ReplicaSet",
)  # fmt: skip
NOT_PLACED_BY = (
    "args", "command", "env", "envFrom", "lifecycle", "livenessProbe", "readinessProbe",
    "startupProbe", "volumeMounts",
)  # fmt: skip
UNATTENDED = "placed:unattended"
"""The image of a pod that no kubelet takes up (localcluster/stages.yaml)."""
POLL_SECONDS = 1.0
SETTLE_SECONDS = 1.0
UNPLACED_SECONDS = 3.0
"""Whoever found no room is tried again after a second or two, when others have made some."""
WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Placed:
    """A pod, and where it is."""

    name: str
    service: str
    namespace: str
    rank: int
    node: str
    rests: bool
    """It is ready, or nobody will start it."""


def apply(
    cluster: Cluster,
    settings: Settings,
    *,
    most: bool = False,
    kinds: Sequence[str] = KINDS,
    started: bool = True,
) -> int:
    """Ask for the fewest or the most pods of every service; returns how many that are.

    Where they are not to be started, each stays as it was placed: half as much is written down.
    """
    found = [_placeable(reveal(each.content)) for each in manifests(record(settings))]
    wanted = [content for content in found if content["kind"] in kinds]
    pods = 0
    for content in sorted(wanted, key=lambda content: KINDS.index(content["kind"])):
        if content["kind"] == "ReplicaSet":
            size = settings.size(content["metadata"]["name"])
            content["spec"]["replicas"] = size.most if most else size.replicas
            for container in [] if started else content["spec"]["template"]["spec"]["containers"]:
                container["image"] = UNATTENDED
        pods += content["spec"].get("replicas", 0) if content["kind"] in KINDS[-2:] else 0
        cluster.apply(content, force=True)
    return pods


def _placeable(content: dict[str, Any]) -> dict[str, Any]:
    """A Deployment or Rollout as a ReplicaSet: the scheduler does not know who made a pod.

    One controller less then writes down how many pods there are, each time that one moves.
    """
    if content["kind"] in {"Deployment", "Rollout"}:
        spec = {key: content["spec"][key] for key in ("selector", "template")}
        content = {**content, "apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": spec}
    if "template" in content.get("spec", {}):
        _lighten(content["spec"]["template"]["spec"])
    return content


def _lighten(pod: dict[str, Any]) -> None:
    """Without what no scheduler reads: half a thousand pods are written and watched many times."""
    claims = [each for each in pod.get("volumes", []) if "persistentVolumeClaim" in each]
    pod["volumes"] = claims
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        for key in NOT_PLACED_BY:
            container.pop(key, None)


def pods(cluster: Cluster) -> list[Placed]:
    """Every pod of the product that is not on its way out."""
    return [
        _placed(pod)
        for namespace in (APPLICATION_NAMESPACE, DATA_NAMESPACE)
        for pod in cluster.list("v1", "Pod", namespace)
        if "deletionTimestamp" not in pod["metadata"]
    ]


def settled(cluster: Cluster, count: int, gone: Iterable[str] = ()) -> list[Placed]:
    """The pods, once there are that many, none on a node that is gone, and nothing moves."""
    deadline = time.monotonic() + WAIT_SECONDS
    lost = set(gone)
    for found, seconds in _watched(cluster):
        moving = [pod for pod in found if pod.node in lost or (pod.node and not pod.rests)]
        needed = SETTLE_SECONDS if all(pod.node for pod in found) else UNPLACED_SECONDS
        if len(found) == count and not moving and seconds >= needed:
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {count} pods; moving: {moving}"
    raise AssertionError


def waiting(found: list[Placed]) -> Counter[int]:
    """Pods that no node has room for, by rank."""
    return Counter(pod.rank for pod in found if not pod.node)


def _watched(cluster: Cluster) -> Iterator[tuple[list[Placed], float]]:
    """What is there, and for how long it has been so."""
    last: list[Placed] = []
    since = time.monotonic()
    while True:
        found = sorted(pods(cluster), key=lambda pod: pod.name)
        if found != last:
            last, since = found, time.monotonic()
        yield found, time.monotonic() - since
        time.sleep(POLL_SECONDS)


def _placed(pod: Mapping[str, Any]) -> Placed:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return Placed(
        name=pod["metadata"]["name"],
        service=pod["metadata"]["labels"]["app.kubernetes.io/name"],
        namespace=pod["metadata"]["namespace"],
        rank=pod["spec"].get("priority", 0),
        node=pod["spec"].get("nodeName", ""),
        rests=conditions.get("Ready") == "True"
        or pod["spec"]["containers"][0]["image"] == UNATTENDED,
    )
