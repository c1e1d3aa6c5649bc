"""What a stack declares about where data lies, as holdings that `residency.py` judges.

Derived from the settings alone: the market and the place of the stack, addresses of stores that it
sets by hand, backups and copies, logs, whom its services call, what fails over, what is cached. A
stack without a market holds no patients' data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.catalog import Service, StoreName
from settings.front_holdings import above, of_market
from settings.keeping import CockroachDb
from settings.law import CONFINED, DataClass
from settings.markets import is_global, jurisdiction, market, place, place_of
from settings.residency import Holding, Kind
from settings.tables import class_of, most_dangerous, tables

if TYPE_CHECKING:
    from settings.loader import Settings

_ADDRESSES: dict[str, StoreName] = {
    "DB_HOST": "postgres",
    "REDIS_HOST": "redis",
    "KAFKA_BROKERS": "kafka",
    "MILVUS_HOST": "milvus",
    "ELASTICSEARCH_URL": "elasticsearch",
}
"""The variables that lead to a store, and the store."""
_IN_CLUSTER = ".svc.cluster.local"


def holdings(settings: Settings, held: frozenset[str] = frozenset()) -> list[Holding]:
    """Everything that keeps or passes on people's data; `held` are the secrets its file holds."""
    if is_global(settings):
        return above(settings)
    if jurisdiction(settings) is None:
        return []
    return [
        *_at_home(settings),
        *_stores(settings),
        *_copies(settings),
        *_replicas(settings),
        *_processors(settings, held),
    ]


def _own(settings: Settings, name: str, kind: Kind, data: DataClass, at: str, key: str) -> Holding:
    return of_market(settings, name, market(settings) or "", kind, data, at, key)


def _at_home(settings: Settings) -> Iterator[Holding]:
    home = place(settings) or ""
    yield _own(settings, "the stack", "home", "health", home, "cloud.region")


def _stores(settings: Settings) -> Iterator[Holding]:
    """Every store: at home, or where an address leads that the stack sets by hand."""
    for variable, store in _ADDRESSES.items():
        if store not in settings.stores:
            continue
        address = settings.stack.variables.get(variable)
        at = located(settings, address) if address else place(settings) or ""
        key = f"variables.{variable}" if address else "cloud.region"
        kind: Kind = "queue" if store == "kafka" else "store"
        yield _own(settings, store, kind, store_class(settings, store), at, key)


def addressed(settings: Settings) -> Iterator[tuple[str, str, Holding]]:
    """The stores that the stack reaches by an address it sets by hand: variable, address, store."""
    if jurisdiction(settings) is None or is_global(settings):
        return
    for holding in _stores(settings):
        variable = holding.key.removeprefix("variables.")
        if variable != holding.key:
            yield variable, settings.stack.variables[variable], holding


def store_class(settings: Settings, store: StoreName) -> DataClass:
    """The class of a store's content: that of the services which use it."""
    users = [each for each in settings.services.values() if store in each.stores]
    return most_dangerous(class_of(settings.catalog, each) for each in users)


def located(settings: Settings, address: str) -> str:
    """The place that a host name says; the host itself where it says none."""
    host = host_of(address)
    if host.endswith(_IN_CLUSTER) or "." not in host:
        return place(settings) or ""
    named = [label for label in host.split(".") if label in settings.catalog.locations]
    return named[0] if named else host


def host_of(address: str) -> str:
    """The host in a URL, a `host:port` or a host."""
    return (
        address.partition("//")[2].partition("/")[0].partition(":")[0] or address.partition(":")[0]
    )


def _copies(settings: Settings) -> Iterator[Holding]:
    home, stack = place(settings) or "", settings.stack
    data = store_class(settings, "postgres")
    at = stack.backups.location or home
    yield _own(settings, "the backup bucket", "backup", data, at, "backups.location")
    for index, copy in enumerate(stack.backups.copies):
        key = f"backups.copies.{index}"
        yield _own(settings, "a copy of the backups", "backup", data, copy, key)
    at = stack.logs.location or home
    yield _own(settings, "the log bucket", "logs", "personal", at, "logs.location")
    if kept := stack.monitoring.remote_write:
        key = "monitoring.remote_write.location"
        yield _own(settings, "the store of metrics", "logs", "personal", kept.location, key)


def _replicas(settings: Settings) -> Iterator[Holding]:
    """Where CockroachDB would put rows; Citus has no replica outside its region (D-10)."""
    database = settings.stack.database
    if not isinstance(database, CockroachDb):
        return
    confined = [n for n, data in tables(settings.catalog, settings.services) if data in CONFINED]
    name = f"replicas of {len(confined)} tables ({', '.join(confined[:3])} …)"
    if not database.domiciled:
        for other in database.spans:
            at = place_of(settings, other)
            yield _own(settings, name, "replica", "health", at, "database.domiciled")
    elif database.survive == "region":
        for other in outside(settings):
            at = place_of(settings, other)
            yield _own(settings, name, "replica", "health", at, "database.survive")


def outside(settings: Settings) -> list[str]:
    """Markets that a super region would have to borrow to survive the loss of a region.

    It needs three regions; those of the same jurisdiction count, the others would take rows abroad.
    """
    database, law = settings.stack.database, jurisdiction(settings)
    spans = database.spans if isinstance(database, CockroachDb) else ()
    inside = [each for each in spans if settings.catalog.regions[each].jurisdiction == law]
    return [] if len(inside) >= _REGIONS_TO_SURVIVE - 1 else sorted({*spans} - {*inside})


_REGIONS_TO_SURVIVE = 3


def _processors(settings: Settings, held: frozenset[str]) -> Iterator[Holding]:
    """Whom the services send data to, by the host in a variable's value."""
    for variable, readers in _outgoing(settings).items():
        address = (
            settings.stack.variables.get(variable) or settings.catalog.variables[variable].value
        )
        host = host_of(address or "")
        known = settings.catalog.processors.get(host)
        if known and known.only_with and known.only_with not in held:
            continue
        data = most_dangerous(class_of(settings.catalog, each) for each in readers)
        for at in known.countries if known else (located(settings, address or ""),):
            yield _own(settings, host, "processor", data, at, f"variables.{variable}")


def _outgoing(settings: Settings) -> dict[str, list[Service]]:
    found: dict[str, list[Service]] = {}
    for service in settings.services.values():
        for variable in service.configuration:
            if variable.endswith(("_API_URL", "_BASE_URL")):
                found.setdefault(variable, []).append(service)
    return found
