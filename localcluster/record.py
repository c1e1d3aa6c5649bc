"""What a cluster remembers between runs: its ports, the shape of its nodes, when it ends.

One JSON file in the cluster's directory, replaced whole. Which processes run is not in it: that is
asked of the system each time (`processes`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from localcluster.api import Endpoint
from localcluster.errors import LocalClusterError, UnusableError
from localcluster.files import write_private
from localcluster.nodes import Resources, SimulatedNode
from settings import paths

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The contents of `cluster.json`."""

    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    nodes: Sequence[SimulatedNode] = ()
    extras: Sequence[str] = ()
    """Parts that run besides those that every cluster has."""
    ends_at: float | None = None
    """Seconds since the epoch; None: the cluster lives until it is taken down."""


def directory_of(name: str) -> Path:
    """Where the cluster of that name keeps everything. Refuses names that are no plain label."""
    if not _NAME.fullmatch(name):
        message = (
            f"Cluster name {name!r} is not usable. "
            "Use up to 40 lower-case letters, digits and '-', beginning and ending without '-'."
        )
        raise UnusableError(message)
    # Resolved: processes are found by this very text.
    return paths.local_kubeconfig(name).parent.resolve()


def save(directory: Path, record: Record) -> None:
    """Write `cluster.json`."""
    write_private(directory / "cluster.json", json.dumps(asdict(record), indent=1) + "\n")


def load(directory: Path) -> Record:
    """Read `cluster.json`; an absent one is an empty record."""
    file = directory / "cluster.json"
    try:
        data: dict[str, Any] = json.loads(file.read_text())
        return Record(
            ports=data["ports"],
            nodes=tuple(_node(each) for each in data["nodes"]),
            extras=tuple(data.get("extras", ())),
            ends_at=data["ends_at"],
        )
    except FileNotFoundError:
        return Record()
    except (KeyError, TypeError, ValueError) as error:
        message = (
            f"{file} is not what this version writes ({error!r}). "
            f"Run `mpk local down --name {directory.name}`, which removes it, then `up` again."
        )
        raise LocalClusterError(message) from error


def _node(data: dict[str, Any]) -> SimulatedNode:
    allocatable = data.pop("allocatable")
    return SimulatedNode(
        capacity=Resources(**data.pop("capacity")),
        allocatable=Resources(**allocatable) if allocatable else None,
        taints=tuple(data.pop("taints", ())),
        **data,
    )


def endpoint(directory: Path, of: Record) -> Endpoint:
    """The cluster's API server, for its admin."""
    pki = directory / "pki"
    return Endpoint(
        port=of.ports["kube-apiserver"],
        ca=pki / "ca.crt",
        certificate=pki / "admin.crt",
        key=pki / "admin.key",
    )


def etcd_endpoint(directory: Path, of: Record) -> Endpoint:
    """The cluster's etcd, for its only client."""
    pki = directory / "pki"
    return Endpoint(
        port=of.ports["etcd"],
        ca=pki / "etcd-ca.crt",
        certificate=pki / "etcd-client.crt",
        key=pki / "etcd-client.key",
    )
