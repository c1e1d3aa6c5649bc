"""The settings of one stack: a sound catalogue, a sound stack, and what follows from the two."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from settings import connections, names, placement, release_rules, stack_rules
from settings.catalog import Catalog, Service, Store, StoreName
from settings.catalog_rules import GATEWAY
from settings.cloud import GcpSettings
from settings.environments import (
    CacheSize,
    DatabaseSize,
    Environment,
    Group,
    NodePool,
    Pool,
    WorkloadSize,
)
from settings.network import Layout
from settings.regions import Region
from settings.stack import Stack
from settings.strategy import Delivery, Strategy

REGIONS_FROM_PHASE = 4
MOVING_TAGS = frozenset({"latest", "staging"})
"""Tags that name another image tomorrow (R-IMG-1)."""


@dataclass(frozen=True)
class Settings:
    """A sound catalogue and a sound stack, with what follows from the two."""

    stack_name: str
    stack: Stack
    catalog: Catalog

    @property
    def environment(self) -> Environment:
        """The stack's row of the environments."""
        return self.catalog.environments[self.stack.environment]

    @cached_property
    def services(self) -> dict[str, Service]:
        """The services that this stack deploys, by name; calls to absent ones are left out."""
        absent = stack_rules.left_out(self.catalog, self.stack)
        chosen = {n: service for n, service in self.catalog.services.items() if n not in absent}
        return {
            name: service.model_copy(
                update={"calls": tuple(callee for callee in service.calls if callee in chosen)}
            )
            for name, service in chosen.items()
        }

    @cached_property
    def stores(self) -> dict[StoreName, Store]:
        """The stores that some deployed service uses; the others are not deployed (DATA-02)."""
        used = {store for service in self.services.values() for store in service.stores}
        return {name: store for name, store in self.catalog.stores.items() if name in used}

    @property
    def release(self) -> str:
        """The tag of all that has none of its own: the stack's, or the environment's (R-IMG-1)."""
        return self.stack.images.tag or self.environment.image_tag or ""

    @property
    def nodes(self) -> NodePool:
        """The service nodes of the stack's phase (R-NODE)."""
        return self.environment.nodes_in(self.stack.phase)

    @property
    def pools(self) -> dict[str, Pool]:
        """The pools of nodes by their purpose."""
        own: dict[str, Pool] = {names.SERVICES_POOL: self.nodes}
        platform = self.environment.platform
        return own | ({names.PLATFORM_POOL: platform} if platform else {})

    def subject(self, group: Group) -> str:
        """What the cluster calls a group of people: GKE knows groups by their address."""
        cloud = self.stack.cloud
        return f"{group}@{cloud.domain}" if isinstance(cloud, GcpSettings) else group

    @property
    def protected(self) -> bool:
        """Whether real people's data may lie here: no mistake may delete it."""
        return self.environment.secrets == "given"

    @property
    def sharded(self) -> bool:
        """Whether the database runs inside the cluster, one in each region (R-P4-DB, D-10)."""
        of_region = self.stack.market is not None and self.stack.phase >= REGIONS_FROM_PHASE
        return of_region and self.stack.cloud is not None and "postgres" in self.stores

    @property
    def database(self) -> DatabaseSize | None:
        """The managed database's size; None where none is managed, or no service needs it."""
        return None if self.sharded else self._served()

    def _served(self) -> DatabaseSize | None:
        on_cloud = self.stack.cloud is not None and "postgres" in self.stores
        return self.environment.database if on_cloud else None

    @property
    def cache(self) -> CacheSize | None:
        """The managed Redis's size; None without a cloud, or where no service needs it."""
        on_cloud = self.stack.cloud is not None and "redis" in self.stores
        return self.environment.cache if on_cloud else None

    @property
    def connections_per_pod(self) -> int:
        """Connections to the cloud's database, or the region's, that a pod may hold (ENV-13)."""
        users = [n for n, service in self.services.items() if "postgres" in service.stores]
        return connections.per_pod((self.size(name).most for name in users), self._served())

    @property
    def host(self) -> str | None:
        """The public name of the API, or None where nothing leads in; a market has its own."""
        if self.stack.host or self.stack.market is None or self.environment.host is None:
            return self.stack.host or self.environment.host
        return f"{self.stack.market}.{self.environment.host}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every public name of the API that leads here: a region answers to the common one too."""
        common = self.environment.host if self.stack.market and not self.stack.host else None
        return tuple(each for each in (self.host, common) if each)

    @cached_property
    def region(self) -> Region | None:
        """The region that the stack's cloud is in; None without a cloud."""
        return placement.region(self.catalog, self.stack)

    @cached_property
    def network(self) -> Layout | None:
        """The addresses of the stack's network; None without a cloud."""
        return placement.addresses(self.catalog, self.stack, self.stack_name)

    @cached_property
    def delivery(self) -> Delivery:
        """How versions go out: what the phase implies, where the stack says nothing else."""
        return release_rules.delivery(self.stack)

    def strategy(self, service: str) -> Strategy:
        """How this service's versions go out: rolling, where nobody asks it anything."""
        asked = service == GATEWAY or bool(self.callers(service))
        return self.delivery.strategy if asked else "rolling"

    def callers(self, service: str) -> list[str]:
        """The services that dial this one (TRAF-02)."""
        return [name for name, other in self.services.items() if service in other.calls]

    def image_tag(self, service: str) -> str:
        """The tag of a service's image: its own, or the release's."""
        override = self.stack.services.get(service)
        return (override and override.image_tag) or self.release

    def pull_policy(self, service: str) -> Literal["Always", "IfNotPresent"]:
        """How a service's image is pulled."""
        return pull_policy(self.image_tag(service))

    def image(self, service: str) -> str:
        """The whole image reference of a service (R-P2-SEC)."""
        return f"{self.stack.images.registry}/{service}:{self.image_tag(service)}"

    def size(self, service: str) -> WorkloadSize:
        """Replicas and resources: the environment's, with what the stack sets for this service."""
        override = self.stack.services.get(service)
        own = (
            override.model_dump(include={"replicas", "max_replicas", "cpu", "memory"})
            if override
            else {}
        )
        changes = {key: value for key, value in own.items() if value is not None}
        return self.environment.workload.model_copy(update=changes)


def pull_policy(tag: str) -> Literal["Always", "IfNotPresent"]:
    """A tag that moves must be looked up at each start; a release never changes (R-IMG-1)."""
    return "Always" if tag in MOVING_TAGS else "IfNotPresent"
