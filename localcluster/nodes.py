"""Simulated nodes: what the scheduler believes there is to schedule on.

A node is an API object that kwok keeps alive; no machine and no kubelet stands behind it. It has no
address, so that `kubectl logs` and `exec` fail at once instead of dialling a stranger.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localcluster.api import Endpoint
from localcluster.errors import UnusableError

SIMULATED_LABEL = "manpasik.dev/simulated"
NODES_PATH = "/api/v1/nodes"
_QUANTITY = re.compile(r"\d+(\.\d+)?(m|[kMGTPE]i?|Ki)?")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
_TAINT = re.compile(
    r"(?P<key>[A-Za-z0-9./_-]+)(=(?P<value>[A-Za-z0-9._-]*))?"
    r":(?P<effect>NoSchedule|PreferNoSchedule|NoExecute)"
)
# Kubernetes' own controllers write these, by what they see of a node.
_OF_CONTROLLERS = "node.kubernetes.io/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """An amount of what a node offers, as Kubernetes quantities."""

    cpu: str
    memory: str
    ephemeral_storage: str = "100Gi"
    pods: int = 110

    def __post_init__(self) -> None:
        """Refuse what the API server would refuse, before anything is started."""
        for name in ("cpu", "memory", "ephemeral_storage"):
            value: str = getattr(self, name)
            if not _QUANTITY.fullmatch(value):
                message = f"{name} {value!r} is no Kubernetes quantity. Write it like 4 or 8Gi."
                raise UnusableError(message)

    def as_status(self) -> dict[str, str]:
        """The resource list of a Node's status."""
        return {
            "cpu": self.cpu,
            "memory": self.memory,
            "ephemeral-storage": self.ephemeral_storage,
            "pods": str(self.pods),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedNode:
    """One node. `allocatable` is what pods may use: the capacity, when nothing is reserved."""

    name: str
    capacity: Resources
    allocatable: Resources | None = None
    zone: str = "local-a"
    region: str = "local"
    architecture: str = "amd64"
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    taints: Sequence[str] = ()
    """As kubectl writes them: `key=value:NoSchedule`."""

    def __post_init__(self) -> None:
        """Refuse what the API server would refuse, before anything is started."""
        if not _NAME.fullmatch(self.name):
            message = f"Node name {self.name!r} must be lower-case letters, digits, '-' and '.'."
            raise UnusableError(message)
        for taint in self.taints:
            if not _TAINT.fullmatch(taint):
                message = f"{taint!r} is no taint of node {self.name}. Write key=value:NoSchedule."
                raise UnusableError(message)

    def manifest(self, pod_network: str) -> dict[str, Any]:
        """The Node object, without its status."""
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": self.name,
                "labels": {
                    "kubernetes.io/hostname": self.name,
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/arch": self.architecture,
                    "topology.kubernetes.io/zone": self.zone,
                    "topology.kubernetes.io/region": self.region,
                    **self.labels,
                    SIMULATED_LABEL: "true",
                },
            },
            "spec": {"podCIDR": pod_network, "podCIDRs": [pod_network]},
        }

    def status(self, kubernetes_version: str) -> dict[str, Any]:
        """The part of the Node's status that we own: what it is and what it offers."""
        allocatable = self.allocatable or self.capacity
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name},
            "status": {
                "capacity": self.capacity.as_status(),
                "allocatable": allocatable.as_status(),
                "nodeInfo": {
                    "architecture": self.architecture,
                    "operatingSystem": "linux",
                    "kubeletVersion": kubernetes_version,
                    "kubeProxyVersion": "",
                    "osImage": "simulated",
                    "kernelVersion": "simulated",
                    "containerRuntimeVersion": "simulated://0",
                    "machineID": "",
                    "systemUUID": "",
                    "bootID": "",
                },
            },
        }


def uniform(count: int, *, cpu: str = "4", memory: str = "8Gi") -> tuple[SimulatedNode, ...]:
    """That many equal nodes, spread over three zones."""
    if count < 1:
        message = f"A cluster needs at least one node, not {count}."
        raise UnusableError(message)
    capacity = Resources(cpu=cpu, memory=memory)
    return tuple(
        SimulatedNode(name=f"node-{index + 1}", capacity=capacity, zone=f"local-{'abc'[index % 3]}")
        for index in range(count)
    )


def list_simulated(api: Endpoint) -> list[dict[str, Any]]:
    """The simulated Node objects of the cluster."""
    return api.call("GET", f"{NODES_PATH}?labelSelector={SIMULATED_LABEL}%3Dtrue").get("items", [])


def is_ready(node: Mapping[str, Any]) -> bool:
    """Whether a Node object says that it is Ready."""
    conditions = node.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def ready_names(api: Endpoint) -> set[str]:
    """The simulated nodes that are Ready."""
    return {node["metadata"]["name"] for node in list_simulated(api) if is_ready(node)}


def apply(api: Endpoint, wanted: Sequence[SimulatedNode], kubernetes_version: str) -> None:
    """Make the cluster's nodes be those: add, resize, remove."""
    present = {node["metadata"]["name"]: node for node in list_simulated(api)}
    for name in sorted(present.keys() - {node.name for node in wanted}):
        api.call("DELETE", f"{NODES_PATH}/{name}")
    for node, network in zip(wanted, _networks(wanted, present), strict=True):
        manifest = node.manifest(network)
        manifest["spec"] |= _taints(node, present.get(node.name, {}))
        api.apply(f"{NODES_PATH}/{node.name}", manifest)
        api.apply(f"{NODES_PATH}/{node.name}/status", node.status(kubernetes_version))


def _taints(wanted: SimulatedNode, present: Mapping[str, Any]) -> dict[str, Any]:
    """The node's whole list of taints, since nobody can own one entry of it.

    Those of the controllers stay: written without them, they would come back, and the next `up`
    would take them away again.
    """
    there: list[dict[str, str]] = present.get("spec", {}).get("taints", [])
    parts = [_TAINT.fullmatch(taint) for taint in wanted.taints]
    ours = [{k: v for k, v in part.groupdict().items() if v} for part in parts if part]
    kept = [each for each in there if each in ours or each["key"].startswith(_OF_CONTROLLERS)]
    taints = [*kept, *(taint for taint in ours if taint not in kept)]
    return {"taints": taints} if there or taints else {}


def _networks(wanted: Sequence[SimulatedNode], present: Mapping[str, Any]) -> list[str]:
    """A pod network for each node: the one it has (it may not change), else an unused one."""
    kept = {name: node["spec"].get("podCIDR") for name, node in present.items()}
    unused = (
        network
        for high in range(64, 128)
        for low in range(256)
        if (network := f"10.{high}.{low}.0/24") not in kept.values()
    )
    return [kept.get(node.name) or next(unused) for node in wanted]
