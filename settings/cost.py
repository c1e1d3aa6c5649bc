"""What a stack costs a month by list prices, and how two stacks differ (issue 5, acceptance 8).

Counted is what the settings fix: nodes at the count they start with, disks, managed stores, ways
in and out, the CDN at the traffic that the stack states. What use decides is named instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from settings.environments import Pool
from settings.instances import Use, cache_node, instance_for
from settings.keeping import Citus
from settings.loader import Settings
from settings.markets import is_global, place, place_of, regions
from settings.model import mebibytes
from settings.platform import parts
from settings.prices import Price

NOT_COUNTED = (
    "traffic between zones and out of the clusters, requests, logs and metrics by volume",
    "growth above the first number of nodes; backups; support; taxes; discounts",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One line of the bill."""

    what: str
    price: str
    """Name of the price in `catalog/prices.yaml`."""
    quantity: float
    at: str
    """Where it is billed."""
    monthly: float | None
    """US dollars; None where the list has no price for the place."""
    read: bool
    """Whether the price was read in its list (`settings/prices.py`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """What a stack costs a month."""

    stack: str
    items: tuple[Item, ...]
    as_of: str
    """The oldest day of the lists."""

    @property
    def monthly(self) -> float:
        """US dollars, of what has a price."""
        return round(sum(item.monthly or 0 for item in self.items), 2)

    @property
    def from_knowledge(self) -> list[str]:
        """Names of the prices that nobody read in their list."""
        return sorted({item.price for item in self.items if not item.read})

    @property
    def without_price(self) -> list[str]:
        """What the lists do not know."""
        return [
            f"{item.what}: {item.price} in {item.at}" for item in self.items if item.monthly is None
        ]


_Line = tuple[str, str, float, str]
"""What, name of the price, how many, where."""


def bill(settings: Settings) -> Bill:
    """The bill of a stack; empty where it rents nothing."""
    prices = settings.catalog.prices
    lines = list(_above(settings) if is_global(settings) else _cluster(settings))
    return Bill(
        stack=settings.stack_name,
        items=tuple(_item(prices, line) for line in lines),
        as_of=min((prices[name].as_of for _, name, _, _ in lines if name in prices), default=""),
    )


def _item(prices: Mapping[str, Price], line: _Line) -> Item:
    what, name, quantity, at = line
    each = prices[name].monthly(at) if name in prices else None
    monthly = None if each is None else round(each * quantity, 2)
    read = name in prices and prices[name].known(at)
    return Item(what=what, price=name, quantity=quantity, at=at, monthly=monthly, read=read)


def _cluster(settings: Settings) -> Iterator[_Line]:
    cloud, at = settings.stack.cloud, place(settings)
    if cloud is None or at is None:
        return
    owner = cloud.provider
    if cloud.kind == "cluster":
        yield "control plane", f"{owner}-cluster", 1, at
        yield "load balancer", f"{owner}-balancer", 1, at
        yield "way out", f"{owner}-nat", settings.nodes.zones if owner == "aws" else 1, at
    yield from _pool(settings, "service nodes", settings.nodes, at)
    if settings.environment.platform:
        yield from _pool(settings, "platform nodes", settings.environment.platform, at)
    yield from _stores(settings, at)
    yield "volumes", f"{owner}-disk", _volumes_gb(settings), at


def _pool(settings: Settings, what: str, pool: Pool, at: str) -> Iterator[_Line]:
    owner = _owner(settings)
    yield from _machines(settings, what, "node", pool.vcpu, pool.memory_gb, pool.count, at)
    yield f"{what}' disks", f"{owner}-disk", pool.count * pool.storage_per_node_gib, at


def _machines(
    settings: Settings, what: str, use: Use, vcpu: int, memory_gb: int, count: int, at: str
) -> Iterator[_Line]:
    """Amazon sells machines by name; Google sells their CPUs and GB."""
    if _owner(settings) == "gcp":
        yield f"{what}, CPUs", f"gcp-{use}-cpu", vcpu * count, at
        yield f"{what}, memory", f"gcp-{use}-gb", memory_gb * count, at
        return
    name = instance_for(settings.catalog.instances, "aws", use, vcpu, memory_gb)
    yield what, name or f"{vcpu}/{memory_gb}", count, at


def _stores(settings: Settings, at: str) -> Iterator[_Line]:
    environment, cloud = settings.environment, settings.stack.cloud
    if cloud is None or cloud.kind != "cluster":
        return
    if environment.database and not settings.sharded:
        size = environment.database
        yield from _machines(
            settings, "database", "database", size.vcpu, size.memory_gb, size.zones, at
        )
        disk = f"{cloud.provider}-database-disk"
        yield "database's disk", disk, size.storage_gb * size.zones, at
    if environment.cache:
        count, gb = environment.cache.zones, environment.cache.memory_gb
        if cloud.provider == "gcp":
            yield "Redis", "gcp-cache-gb", gb * count, at
        else:
            yield "Redis", cache_node(settings.catalog.instances, "aws", gb) or "", count, at


def _volumes_gb(settings: Settings) -> int:
    """The volumes of what runs inside the cluster."""
    gib = sum(
        each.replicas * mebibytes(each.storage) / 1024
        for each in parts(settings).values()
        if each.storage
    )
    if settings.sharded:
        database = settings.stack.database
        servers = (
            (database.shards + 1) * database.replicas
            if isinstance(database, Citus)
            else database.nodes
        )
        gib += servers * mebibytes(database.storage) / 1024
    for name, store in settings.stores.items():
        if name not in ("postgres", "redis"):
            gib += sum(mebibytes(server.storage) / 1024 for server in store.servers.values())
    return round(gib)


def _above(settings: Settings) -> Iterator[_Line]:
    """The stack above the regions: names, routing, and the CDN at the traffic it states."""
    stack, owner = settings.stack, _owner(settings)
    markets = regions(settings)
    home = place(settings) or ""
    yield "zone of names", f"{owner}-zone", 1, home
    yield "firewall of the edge", f"{owner}-firewall", len(markets), home
    yield "health checks", f"{owner}-health-check", len(markets), home
    if stack.routing.accelerator:
        yield "accelerator", f"{owner}-accelerator", 1, home
    for name in markets:
        share = stack.edge.traffic_gb_a_month / len(markets)
        yield f"CDN of {name}", f"{owner}-cdn", share, place_of(settings, name)


def _owner(settings: Settings) -> str:
    return settings.stack.cloud.provider if settings.stack.cloud else "aws"
