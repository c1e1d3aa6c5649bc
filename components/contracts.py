"""What components may know of each other: Protocols whose members are Outputs.

A managed database in a cloud and a StatefulSet in the cluster look the same from here, and so do
two clouds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import pulumi

from settings.catalog import StoreName


class DataStore(Protocol):
    """Something that keeps data and that services reach by entries of the ConfigMap."""

    @property
    def configuration(self) -> Mapping[str, pulumi.Output[str]]:
        """ConfigMap entries that lead to it, under the names that the code reads."""
        ...

    @property
    def secrets(self) -> Mapping[str, pulumi.Output[str]]:
        """Entries of the Secret that the store made itself, and that nobody can choose."""
        ...

    @property
    def ready_when(self) -> Sequence[pulumi.Resource]:
        """What must be up before a service may start.

        An early service keeps its data in memory and reports itself healthy (ENV-01).
        """
        ...


class Keys(Protocol):
    """The keys that everything at rest is encrypted with."""

    @property
    def cluster(self) -> pulumi.Output[str]:
        """For the cluster's Secrets and the nodes' disks."""
        ...

    @property
    def data(self) -> pulumi.Output[str]:
        """For databases, caches, volumes and buckets."""
        ...

    @property
    def logs(self) -> pulumi.Output[str]:
        """For logs."""
        ...


class Network(Protocol):
    """Where everything of a stack lies."""

    @property
    def id(self) -> pulumi.Output[str]:
        """How other resources name it."""
        ...

    @property
    def nodes(self) -> Sequence[pulumi.Output[str]]:
        """The subnets of nodes and pods."""
        ...

    @property
    def data(self) -> Sequence[pulumi.Output[str]]:
        """Where managed stores stand."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeClass:
    """How the cloud makes a volume for a pod: encrypted with the product's key."""

    provisioner: str
    parameters: Mapping[str, pulumi.Input[str]]


class Cluster(Protocol):
    """A Kubernetes cluster with nodes."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Its physical name."""
        ...

    @property
    def kubeconfig(self) -> pulumi.Output[str]:
        """The way in, without a credential; known only when pods can run."""
        ...

    @property
    def volumes(self) -> VolumeClass:
        """How volumes are made."""
        ...


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What the charts of a cluster give the rest of the program; nothing, where it has none."""

    releases: Sequence[pulumi.Resource] = ()
    """What brings kinds and webhooks, for what no value of theirs leads to."""
    ready: Sequence[pulumi.Output[str]] = ()
    """The releases' names, each known when the release is up."""
    spaces: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """The namespaces of charts, each known when the charts are up; others put objects there."""


class Identity(Protocol):
    """What a pod is in the cloud."""

    @property
    def principal(self) -> pulumi.Output[str]:
        """How a policy names it."""
        ...


class ObjectStore(Protocol):
    """A private bucket."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Its physical name."""
        ...

    @property
    def reference(self) -> pulumi.Output[str]:
        """How a policy names it."""
        ...

    @property
    def kind(self) -> Literal["s3", "gcs"]:
        """Whose protocol it speaks."""
        ...

    @property
    def region(self) -> str:
        """Where it lies."""
        ...


class Addresses(Protocol):
    """The fixed addresses of a region's way in: what the stack above the regions leads to."""

    @property
    def addresses(self) -> pulumi.Output[Sequence[str]]:
        """Public IPv4 addresses; they stay when the load balancer is made anew."""
        ...

    @property
    def references(self) -> pulumi.Output[Sequence[str]]:
        """How the cloud names them: what the load balancer is told to take."""
        ...


class RegionSeen(Protocol):
    """A region as the stack above it knows it."""

    @property
    def host(self) -> pulumi.Output[str]:
        """The public name of its API."""
        ...

    @property
    def place(self) -> pulumi.Output[str]:
        """The cloud's own name of where it is."""
        ...

    @property
    def addresses(self) -> pulumi.Output[Sequence[str]]:
        """The addresses of its way in."""
        ...

    @property
    def references(self) -> pulumi.Output[Sequence[str]]:
        """How the cloud names them."""
        ...


class Front(Protocol):
    """The layer above the regions: names, the way to each region, the web app's edge."""

    @property
    def name_servers(self) -> pulumi.Output[Sequence[str]]:
        """What the domain's registrar must be told."""
        ...

    @property
    def edges(self) -> Mapping[str, pulumi.Output[str]]:
        """The web app's public name in each market."""
        ...


class DevServer(Protocol):
    """One machine that runs the compose file (D-3)."""

    @property
    def machine(self) -> pulumi.Output[str]:
        """How the cloud names it; there is no address to reach it by."""
        ...


class Place(Protocol):
    """Where a stack is: a cluster with managed stores, or one server, or all of it elsewhere."""

    @property
    def cluster(self) -> Cluster | None:
        """The cluster."""
        ...

    @property
    def server(self) -> DevServer | None:
        """The server."""
        ...

    @property
    def stores(self) -> Mapping[StoreName, DataStore]:
        """The stores that the cloud runs; the others stay in the cluster."""
        ...

    @property
    def backups(self) -> ObjectStore | None:
        """Where what runs in the cluster keeps its backups."""
        ...

    @property
    def addresses(self) -> Addresses | None:
        """The addresses of the way in, where the stack is one region of several."""
        ...
