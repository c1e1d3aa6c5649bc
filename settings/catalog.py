"""The models of `catalog/`: what is true of the product in every stack.

Source of the facts: the product's code as it was read and run, not its manifests, which contradict
each other (hazards PORT-01…10).
"""

from typing import Annotated, Literal

from pydantic import Field

from settings.alerts import Alert, AlertName, Objective, ObjectiveName, Receiver
from settings.charts import Chart
from settings.environments import Environment
from settings.images import BaseImage
from settings.instances import Instance
from settings.law import Jurisdiction, Location, Processor, SchemaTables
from settings.model import Cpu, DnsLabel, Memory, Model, Pattern, Phase, Port, VariableName
from settings.prices import Price
from settings.regions import Region

StoreName = Literal["postgres", "redis", "kafka", "milvus", "elasticsearch"]
"""The kinds of data store that the product's code can talk to."""


Generated = Literal["password", "hex64", "partner_key", "address"]
"""The forms of generated secrets."""


class Service(Model):
    """One service of the product: what its program listens on, reads and needs."""

    name: DnsLabel
    """Name of the Service, Deployment, ServiceAccount and image; equals the file's name."""

    first_phase: Phase
    """The phase in which the product first needs the service."""

    protocol: Literal["grpc", "http"]
    """What it speaks on `port`; decides the probes: native gRPC, or GET /health."""

    port: Port
    """The port that the program really listens on; Service, probes and addresses follow."""

    port_set_by: Literal["environment", "code"] = "environment"
    """`environment`: reads GRPC_PORT or HTTP_PORT (PORT-01); `code`: ignores it (PORT-02)."""

    metrics_port: Port | None = None
    """Where /metrics is served; absent where nothing is exported (OBS-04)."""

    stores: tuple[StoreName, ...] = ()
    """Stores whose client the program opens at start-up."""

    database_of: DnsLabel | None = None
    """The service whose database it shares; absent: a database of its own (decision 7)."""

    schema_files: tuple[str, ...] = ()
    """The product's schema files, in the order in which they load."""

    configuration: tuple[VariableName, ...] = ()
    """Variables it reads beside those of its stores, from the ConfigMap or per service."""

    secrets: tuple[VariableName, ...] = ()
    """Variables it reads beside those of its stores, from the Secret."""

    startup_seconds: Annotated[int, Field(ge=5, le=600)] = 30
    """Seconds until the port is open when every store is slow; the start-up probe's budget."""

    calls: tuple[DnsLabel, ...] = ()
    """Services it dials; each gives a `<NAME>_ADDR` variable."""

    requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] = 0
    """What production asks of it in a quiet hour: whether a release can be judged follows (C-3)."""

    priority: Literal["critical", "standard"] = "standard"
    """Which pods give way when the nodes are full: standard ones first."""


class Variable(Model):
    """One environment variable: where its value belongs and what it may look like."""

    source: Literal["configuration", "secret", "service"]
    """ConfigMap, Secret, or the service's own pod template."""

    store: StoreName | None = None
    """Read by every service that uses this store."""

    value: str | None = None
    """The value where a stack gives none."""

    required: bool = True
    """Whether a service that reads it may run without it."""

    generate: Generated | None = None
    """How an environment with generated secrets derives it. A partner's key is one that the partner
    refuses, so that calls fail loudly where no real key was given; an address leads nowhere."""

    pattern: Pattern | None = None
    """The whole value must match; what the code does with another is in the hazards."""


class Topic(Model):
    """A Kafka topic that is made before any service starts (KAFKA-02)."""

    partitions: Annotated[int, Field(ge=1, le=64)]
    """Number of partitions; can grow, never shrink."""

    retention_days: Annotated[int, Field(ge=1, le=365)]
    """Days after which messages go."""


class StoreServer(Model):
    """One server of a store that runs inside the cluster, as a StatefulSet of one."""

    image: Annotated[str, Field(pattern=r"^[a-z0-9./-]+:[A-Za-z0-9._-]+$")]
    """Pinned image; `latest` is refused by a rule."""

    user: Annotated[int, Field(ge=1)]
    """Uid and gid of the process."""

    port: Port
    """The port that clients use."""

    cpu: Cpu
    """CPU request."""

    memory: Memory
    """Memory request."""

    memory_limit: Memory
    """Memory limit."""

    storage: Memory
    """Size of the volume; lost with the volume claim, kept over restarts."""


class Store(Model):
    """A data store, run inside the cluster where no managed one is chosen."""

    servers: dict[DnsLabel, StoreServer]
    """Its servers by Service name."""

    topics: dict[str, Topic] = Field(default={})
    """Topics to make beforehand (Kafka only)."""


class Catalog(Model):
    """The whole catalogue."""

    services: dict[str, Service]
    """By name, sorted."""

    variables: dict[str, Variable]
    """Every environment variable that any service reads."""

    stores: dict[StoreName, Store]
    """Every store that any service uses."""

    environments: dict[str, Environment]
    """Local, dev, staging, production."""

    images: dict[str, BaseImage]
    """What the product's own images are built from (R-IMG-2)."""

    regions: dict[str, Region]
    """The places that have a region of both clouds."""

    instances: dict[str, Instance]
    """What each cloud calls a machine of so many CPUs and GB."""

    jurisdictions: dict[str, Jurisdiction]
    """Within which countries the data of a jurisdiction's people must stay (D-10)."""

    locations: dict[str, Location]
    """Every place of a cloud, with the countries it lies in."""

    processors: dict[str, Processor]
    """Who is sent data when services call out, by host."""

    tables: dict[str, SchemaTables]
    """What the tables of each schema file tell of people."""

    charts: dict[str, Chart]
    """Every chart that the program installs, pinned (decision 6)."""

    prices: dict[str, Price]
    """List prices of what the clouds rent out, by the day of the list."""

    alerts: dict[AlertName, Alert]
    """When somebody is told of trouble (R-ALERT)."""

    receivers: dict[str, Receiver]
    """Who is told, and how."""

    objectives: dict[ObjectiveName, Objective]
    """What services of each rank promise."""
