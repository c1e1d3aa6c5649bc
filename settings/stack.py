"""The model of a stack: the value of `manpasik:stack` in `Pulumi.<stack>.yaml`.

Small on purpose: an environment's figures come from the catalogue; a stack says which environment
it is and where it differs.
"""

from typing import Annotated

from pydantic import Field

from settings.charts import Platform
from settings.cloud import Cloud
from settings.front import Edge, Routing
from settings.keeping import Backups, Citus, Database, Logs
from settings.law import Transfer
from settings.model import Cpu, DnsLabel, HostName, Memory, Model, Phase, Tag, VariableName
from settings.strategy import Release, Strategy
from settings.watching import Monitoring


class Cluster(Model):
    """Which Kubernetes cluster the stack is for."""

    kubeconfig: str | None = None
    """Path of a kubeconfig. Absent: $KUBECONFIG, and for `local` then the embedded cluster's own.
    A stack never falls back to the user's default kubeconfig."""

    context: str | None = None
    """Context in that kubeconfig. Absent: its current one."""


class Images(Model):
    """Where images come from."""

    registry: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$")] = (
        "ghcr.io/manpasik"
    )
    """Registry and path; `/<service>` is appended (R-P2-SEC)."""

    tag: Tag | None = None
    """Tag of every service that has none of its own. Absent: the environment's (R-IMG-1)."""


class ServiceOverride(Model):
    """Where one service differs in this stack."""

    enabled: bool = True
    """False leaves the service out; its callers get no address for it."""

    image_tag: Tag | None = None
    """Its own image tag."""

    replicas: Annotated[int, Field(ge=1, le=100)] | None = None
    """Pods instead of the environment's; the fewest, where the service scales."""

    max_replicas: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The most pods instead of the environment's; scales the service where none else does."""

    cpu: Cpu | None = None
    """CPU request instead of the environment's."""

    memory: Memory | None = None
    """Memory request instead of the environment's."""


class Repository(Model):
    """Where Argo CD finds the rendered tree (decision 8)."""

    url: Annotated[str, Field(pattern=r"^(https?|ssh|file)://[^\s]+$|^git@[^\s]+$")] = (
        "https://github.com/manpasik/deployment.git"
    )
    """The git repository that holds `infrastructure/kubernetes`."""

    revision: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = "main"
    """The branch or tag that the cluster follows."""


class Stack(Model):
    """The settings of one stack."""

    environment: str
    """A row of `catalog/environments.yaml`."""

    phase: Phase = 2
    """Phase of the specification; chooses the row of R-NODE and the release strategy."""

    strategy: Strategy | None = None
    """How versions go out. Absent: the phase's; rolling up to 2, then canary, in 4 blue-green."""

    mesh: bool | None = None
    """Whether services talk through Istio. Absent: from phase 3 on (R-P3-MESH)."""

    mesh_permissive: bool = False
    """True while services move into the mesh: those outside may still talk to those inside."""

    gitops: bool | None = None
    """Whether Argo CD applies the tree in git. Absent: from phase 3 on (R-P3-MESH)."""

    repository: Repository = Repository()
    """Where that tree is."""

    release: Release = Release()
    """Steps, times and thresholds of a release, where they differ from the specification."""

    monitoring: Monitoring = Monitoring()
    """How it is watched: dashboards, alerts, where metrics are kept."""

    services_up_to_phase: Phase = 4
    """Leaves out services that the product first needs in a later phase."""

    cloud: Cloud | None = None
    """The cloud it runs on. Absent: a cluster that somebody else made, named by `cluster`."""

    market: DnsLabel | None = None
    """The market whose people it serves, one region of several: a row of `catalog/regions.yaml`."""

    regions: tuple[DnsLabel, ...] = ()
    """The markets that this stack stands above, in phase 4: the global stack, without a cluster."""

    database: Database = Citus(engine="citus")
    """The database of phase 4 (R-P4-DB)."""

    backups: Backups = Backups()
    """Where backups of the databases go."""

    logs: Logs = Logs()
    """Where logs of requests go."""

    transfers: tuple[Transfer, ...] = ()
    """Exceptions for personal data that leaves its country."""

    routing: Routing = Routing()
    """Global stack: how a request finds its region."""

    edge: Edge = Edge()
    """Global stack: the CDN (R-P4-CDN)."""

    cluster: Cluster = Cluster()
    """Where it is deployed."""

    charts: Platform = Platform()
    """What the platform's nodes run, as charts: ingress, mesh, certificates, monitoring."""

    images: Images = Images()
    """Which images are deployed."""

    host: HostName | None = None
    """The public name of the API instead of the environment's."""

    sealing_certificate: (
        Annotated[str, Field(pattern=r"^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END")]
        | None
    ) = None
    """PEM certificate of the cluster's sealed-secrets controller, with which `mpk seal` seals."""

    variables: dict[VariableName, str] = Field(default={})
    """Values of configuration variables that differ from the catalogue's. Never secrets."""

    services: dict[DnsLabel, ServiceOverride] = Field(default={})
    """Where single services differ."""
