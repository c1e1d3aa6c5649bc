"""The models of `catalog/environments.yaml`: what the specification fixes per environment."""

from typing import Annotated, Literal

from pydantic import Field

from settings.model import Cpu, DnsLabel, HostName, Memory, Model, Phase, Tag

Group = Literal["developers", "qa", "operations"]
"""A group of people, as Kubernetes RBAC and the clouds know it (R-ENV-2)."""


class WorkloadSize(Model):
    """Replicas and resources of every service in an environment (R-OVL)."""

    replicas: Annotated[int, Field(ge=1, le=100)]
    """Pods per service; the fewest, where the service scales."""

    max_replicas: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The most pods per service; absent: nothing scales it (no HPA)."""

    cpu: Cpu
    """CPU request per pod."""

    memory: Memory
    """Memory request per pod."""

    cpu_limit: Cpu
    """CPU limit per pod."""

    memory_limit: Memory
    """Memory limit per pod; the services leak per call (OBS-05), so a limit must exist."""

    @property
    def most(self) -> int:
        """Pods per service when it has grown as far as it may."""
        return self.max_replicas or self.replicas


class Pool(Model):
    """Equal nodes, spread evenly over zones."""

    count: Annotated[int, Field(ge=1, le=1000)]
    """Nodes."""

    max_count: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Nodes to which the pool may grow by itself (D-7); absent: it never does."""

    zones: Annotated[int, Field(ge=1, le=6)] = 1
    """Zones over which the nodes are spread; D-1: Staging has one."""

    vcpu: Annotated[int, Field(ge=1)]
    """Virtual CPUs per node."""

    memory_gb: Annotated[int, Field(ge=1)]
    """Memory per node in GB as the specification counts it."""

    storage_gb: Annotated[int, Field(ge=1)]
    """Storage of the whole pool in GB (D-5)."""

    @property
    def most(self) -> int:
        """Nodes when the pool has grown as far as it may."""
        return self.max_count or self.count

    @property
    def storage_per_node_gib(self) -> int:
        """The total spread evenly, rounded up to whole GiB (D-5)."""
        return -(-self.storage_gb // self.count)


class NodePool(Pool):
    """The service nodes that the specification gives an environment from a phase on (R-NODE)."""

    from_phase: Phase
    """First phase in which this row holds."""


class DatabaseSize(Model):
    """The managed PostgreSQL of an environment on a cloud (decision 7)."""

    vcpu: Annotated[int, Field(ge=1)]
    """Virtual CPUs."""

    memory_gb: Annotated[int, Field(ge=1)]
    """Memory in GB."""

    storage_gb: Annotated[int, Field(ge=20, le=65536)]
    """Storage in GB; grows by itself to three times that, never shrinks."""

    connections: Annotated[int, Field(ge=100, le=5000)]
    """Connections that the server takes; shared out among the services' pods (ENV-13)."""

    zones: Annotated[int, Field(ge=1, le=2)] = 1
    """2: a standby in another zone takes over by itself."""

    backup_days: Annotated[int, Field(ge=1, le=35)] = 7
    """Days for which any moment can be restored."""


class CacheSize(Model):
    """The managed Redis of an environment on a cloud."""

    memory_gb: Annotated[int, Field(ge=1, le=300)]
    """Memory for data in GB."""

    zones: Annotated[int, Field(ge=1, le=2)] = 1
    """2: a replica in another zone takes over by itself."""


class Certificates(Model):
    """Who issues the certificates of the public host."""

    issuer: DnsLabel
    """Name of the ClusterIssuer that the program makes (ING-03)."""

    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    """Where the authority writes before a certificate runs out."""


class Environment(Model):
    """What the specification fixes for one environment."""

    patients: bool = False
    """Whether its data is of patients: where it may lie is then judged (D-10)."""

    secrets: Literal["generated", "given"]
    """Whether missing secrets may be derived from the stack's seed."""

    image_tag: Tag | None = None
    """The tag that this environment runs (R-IMG-1). Absent: a stack names a release."""

    host: HostName | None = None
    """The public name of the API. Absent: nothing leads in from outside."""

    certificates: Certificates | None = None
    """Absent: the host is served without TLS."""

    access: dict[Group, Literal["see", "change"]] = Field(default={})
    """What each group may do with the product's objects (R-ENV-2); nobody reads Secrets."""

    approval: bool = False
    """Whether versions change only after somebody approved it, whom the command names (R-ENV-2)."""

    workload: WorkloadSize
    """Row of R-OVL."""

    nodes: tuple[NodePool, ...] = Field(min_length=1)
    """Rows of R-NODE, by phase: the nodes of the services."""

    platform: Pool | None = None
    """Nodes of their own for data stores and whatever serves the cluster (D-7)."""

    network: Annotated[int, Field(ge=1, le=3)] | None = None
    """Its number in the layout of networks (settings/network.py). Never changed. Absent: it is on
    no cloud."""

    database: DatabaseSize | None = None
    """The managed database on a cloud. Absent: PostgreSQL stays in the cluster."""

    cache: CacheSize | None = None
    """The managed Redis on a cloud. Absent: it stays in the cluster."""

    def nodes_in(self, phase: int) -> NodePool:
        """The row that holds in a phase: the latest that has begun, else the first."""
        begun = [pool for pool in self.nodes if pool.from_phase <= phase]
        return max(begun, key=lambda pool: pool.from_phase) if begun else self.nodes[0]
