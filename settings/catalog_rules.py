"""What must hold between the catalogue's files: none of the rules stops at its first finding."""

import re
from collections import defaultdict
from collections.abc import Iterator

from settings import alert_rules, charts, cloud_rules, environment_rules, names
from settings.catalog import Catalog, Service, StoreName
from settings.model import mebibytes
from settings.problems import Problem, did_you_mean, shown

GATEWAY = "gateway"
STORE_SERVERS: dict[StoreName, set[str]] = {
    "postgres": {"postgres"},
    "redis": {"redis"},
    "kafka": {"redpanda"},
    "milvus": {"milvus", "milvus-etcd", "milvus-minio"},
    "elasticsearch": {"elasticsearch"},
}
"""The servers that each store consists of, by the name of their Service."""
PER_SERVICE = frozenset({"VERSION", "GRPC_PORT", "HTTP_PORT", "DB_NAME", "KAFKA_GROUP_ID"})
"""The variables of source `service` that the program has a value for."""


def problems(catalog: Catalog, broken: frozenset[str]) -> list[Problem]:
    """What is wrong with the catalogue as a whole.

    A reference to what is described but broken is no problem of its own.
    """
    found = [*_gateway(catalog, broken), *_ports(catalog), *_database_names(catalog)]
    found += [
        *_stores(catalog),
        *_variables(catalog),
        *environment_rules.problems(catalog.environments),
        *cloud_rules.catalog_problems(catalog),
        *charts.problems(catalog.charts),
        *alert_rules.catalog_problems(catalog),
    ]
    for service in catalog.services.values():
        found += _service(catalog, service)
    return without_broken(found, broken)


def without_broken(found: list[Problem], broken: frozenset[str]) -> list[Problem]:
    """The findings that are not about a name whose own description is broken."""
    hidden = {shown(name) for name in broken}
    return [
        problem
        for problem in found
        if problem.value not in hidden and problem.key.rpartition(".")[2] not in broken
    ]


def _of(service: Service, key: str, value: object, message: str, remedy: str) -> Problem:
    file = f"catalog/services/{service.name}.yaml"
    return Problem(file=file, key=key, value=shown(value), message=message, remedy=remedy)


def _gateway(catalog: Catalog, broken: frozenset[str]) -> Iterator[Problem]:
    if GATEWAY not in catalog.services.keys() | broken:
        file, message = "catalog/services/", "there is no gateway, so nothing reaches the services"
        yield Problem(file=file, key="", value="", message=message, remedy=f"add {GATEWAY}.yaml")


def _ports(catalog: Catalog) -> Iterator[Problem]:
    by_port: dict[int, list[Service]] = defaultdict(list)
    for service in catalog.services.values():
        by_port[service.port].append(service)
        if service.metrics_port == service.port:
            message = "is the service's own port"
            yield _of(service, "metrics_port", service.port, message, "take another")
    for port, services in by_port.items():
        for service in services[1:]:
            message = f"is also the port of {services[0].name}"
            remedy = "give each service the port that its program listens on"
            yield _of(service, "port", port, message, remedy)


def _service(catalog: Catalog, service: Service) -> Iterator[Problem]:
    yield from _known_variables(catalog, service)
    yield from _database(catalog, service)
    for index, callee in enumerate(service.calls):
        if callee not in catalog.services or callee == service.name:
            others = catalog.services.keys() - {service.name}
            remedy = did_you_mean(callee, others)
            yield _of(service, f"calls.{index}", callee, "no such service", remedy)
    for store in sorted(set(service.stores) - catalog.stores.keys()):
        message = "is not described in catalog/stores.yaml"
        yield _of(service, "stores", store, message, did_you_mean(store, catalog.stores))
    for key in ("stores", "schema_files", "configuration", "secrets", "calls"):
        entries: tuple[str, ...] = getattr(service, key)
        for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
            yield _of(service, key, entry, "stands twice", "name it once")


def _known_variables(catalog: Catalog, service: Service) -> Iterator[Problem]:
    for key, secret in (("configuration", False), ("secrets", True)):
        listed: tuple[str, ...] = getattr(service, key)
        for name in listed:
            variable = catalog.variables.get(name)
            if variable is None:
                message = "is not described in catalog/variables.yaml"
                remedy = f"describe it there, or {did_you_mean(name, catalog.variables)}"
                yield _of(service, key, name, message, remedy)
            elif (variable.source == "secret") is not secret:
                other = "configuration" if secret else "secrets"
                message = f"is of source {variable.source}"
                yield _of(service, key, name, message, f"move it to {other}")


def _database(catalog: Catalog, service: Service) -> Iterator[Problem]:
    if service.schema_files and "postgres" not in service.stores:
        files = list(service.schema_files)
        message = "has a schema but no postgres"
        yield _of(service, "schema_files", files, message, "add postgres to stores")
    if "postgres" in service.stores and not service.schema_files:
        message = "has a database but no schema"
        remedy = "name its schema_files: a service never starts on an empty database (ENV-01)"
        yield _of(service, "stores", "postgres", message, remedy)
    owner = service.database_of
    if owner is None:
        return
    if "postgres" not in service.stores:
        message = "is named, but the service opens no postgres"
        yield _of(service, "database_of", owner, message, "add postgres to stores")
    known = catalog.services.get(owner)
    if (
        known is None
        or "postgres" not in known.stores
        or known.database_of
        or owner == service.name
    ):
        owners = {
            other.name
            for other in catalog.services.values()
            if "postgres" in other.stores and not other.database_of and other.name != service.name
        }
        yield _of(service, "database_of", owner, "owns no database", did_you_mean(owner, owners))


def _database_names(catalog: Catalog) -> Iterator[Problem]:
    """Two services on one database by accident would read and write each other's patients."""
    owners: dict[str, str] = {}
    for service in catalog.services.values():
        if "postgres" not in service.stores or service.database_of:
            continue
        database = names.database(service.name)
        if database in owners:
            message = f"gets the database {database}, as {owners[database]} does"
            remedy = f"rename it, or say database_of: {owners[database]}"
            yield _of(service, "name", service.name, message, remedy)
        if len(database) > names.LONGEST_DATABASE:
            message = f"is too long: PostgreSQL cuts the database {database}"
            yield _of(service, "name", service.name, message, "shorten it")
        owners.setdefault(database, service.name)


def _in(part: str, key: str, value: object, message: str, remedy: str) -> Problem:
    file = f"catalog/{part}.yaml"
    return Problem(file=file, key=key, value=shown(value), message=message, remedy=remedy)


def _stores(catalog: Catalog) -> Iterator[Problem]:
    for store_name, store in catalog.stores.items():
        wanted = STORE_SERVERS[store_name]
        if store.servers.keys() != wanted:
            remedy = f"allowed: exactly {', '.join(sorted(wanted))}"
            found, message = sorted(store.servers), "are not the servers it consists of"
            yield _in("stores", f"{store_name}.servers", found, message, remedy)
        for name, server in store.servers.items():
            key = f"{store_name}.servers.{name}"
            if server.image.endswith(":latest"):
                yield _in("stores", f"{key}.image", server.image, "is not pinned", "name a version")
            if mebibytes(server.memory) > mebibytes(server.memory_limit):
                remedy = f"allowed: at most {server.memory_limit}"
                yield _in("stores", f"{key}.memory", server.memory, "exceeds its limit", remedy)


def _variables(catalog: Catalog) -> Iterator[Problem]:
    for name, variable in catalog.variables.items():
        if variable.source == "service" and name not in PER_SERVICE:
            remedy = did_you_mean(name, PER_SERVICE)
            message = "is of source service, but the program has no value for it"
            yield _in("variables", f"{name}.source", "service", message, remedy)
        if variable.pattern is None or variable.value is None:
            continue
        if not re.fullmatch(variable.pattern, variable.value):
            message = "does not match the variable's own pattern"
            remedy = f"allowed: {variable.pattern}"
            yield _in("variables", f"{name}.value", variable.value, message, remedy)
