"""Where a stack keeps copies of its data, and which database it runs in phase 4 (R-P4-DB, D-10).

Absent means at home: a stack that says nothing keeps everything in its own region. Each field here
is judged by `residency.py` before anything is made.
"""

from typing import Annotated, Literal

from pydantic import Field

from settings.model import Cpu, DnsLabel, Memory, Model

PlaceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
"""A place of a cloud: a row of `catalog/locations.yaml`."""


class Backups(Model):
    """Where backups of the databases go."""

    location: PlaceName | None = None
    """Place of the bucket. Absent: the stack's own region."""

    copies: tuple[PlaceName, ...] = ()
    """Further places in which a copy of each backup lies, against the loss of the first."""

    retention_days: Annotated[int, Field(ge=7, le=365)] = 35
    """Days for which a backup is kept; the point-in-time window as well."""


class Logs(Model):
    """Where logs of requests go: they name people, and what they ask for."""

    location: PlaceName | None = None
    """Place of the bucket. Absent: the stack's own region."""

    retention_days: Annotated[int, Field(ge=30, le=3650)] = 365
    """Days for which a log is kept."""


class Citus(Model):
    """PostgreSQL sharded by Citus, one cluster a region: the default (D-10)."""

    engine: Literal["citus"]
    """Tag of the choice."""

    shards: Annotated[int, Field(ge=1, le=32)] = 3
    """Groups of shards; more can be added later, and the tables are then rebalanced."""

    replicas: Annotated[int, Field(ge=2, le=5)] = 3
    """Servers of each group, one in every zone; one of them writes."""

    cpu: Cpu = "1"
    """CPU of each server."""

    memory: Memory = "4Gi"
    """Memory of each server."""

    storage: Memory = "200Gi"
    """Volume of each server; can grow, never shrink."""


class CockroachDb(Model):
    """CockroachDB. What it costs in residency and in a region's loss, `mpk check` says (D-10)."""

    engine: Literal["cockroachdb"]
    """Tag of the choice."""

    spans: tuple[DnsLabel, ...] = ()
    """Other markets whose nodes join this one's in one cluster. Absent: a cluster of its own."""

    survive: Literal["zone", "region"] = "zone"
    """What may be lost without losing a write. `region` needs three regions, and spreads rows."""

    domiciled: bool = True
    """Confined tables by row in a super region of the row's own market. False: rows go anywhere."""

    nodes: Annotated[int, Field(ge=3, le=60)] = 3
    """Nodes in this region, spread over its zones."""

    storage: Memory = "200Gi"
    """Volume of each node; can grow, never shrink."""


Database = Annotated[Citus | CockroachDb, Field(discriminator="engine")]
"""The database of phase 4."""
