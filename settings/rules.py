"""What must hold between files: each rule finds its problems, none stops at the first."""

import re
from collections import defaultdict
from collections.abc import Iterator

from settings.catalog import Catalog, Service
from settings.problems import Problem, did_you_mean, shown
from settings.stack import Stack

GATEWAY = "gateway"


def catalog_problems(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with the catalogue as a whole."""
    yield from _gateway(catalog)
    yield from _ports(catalog)
    yield from _stores(catalog)
    yield from _variable_patterns(catalog)
    for service in catalog.services.values():
        yield from _service(catalog, service)


def _of(service: Service, key: str, value: object, message: str, remedy: str) -> Problem:
    return Problem(
        file=f"catalog/services/{service.name}.yaml",
        key=key,
        value=shown(value),
        message=message,
        remedy=remedy,
    )


def _gateway(catalog: Catalog) -> Iterator[Problem]:
    if GATEWAY not in catalog.services:
        yield Problem(
            file="catalog/services/",
            key="",
            value="",
            message="there is no gateway, so nothing would reach the services",
            remedy=f"add {GATEWAY}.yaml",
        )


def _ports(catalog: Catalog) -> Iterator[Problem]:
    by_port: dict[int, list[Service]] = defaultdict(list)
    for service in catalog.services.values():
        by_port[service.port].append(service)
        if service.metrics_port == service.port:
            yield _of(
                service, "metrics_port", service.port, "is the service's own port", "take another"
            )
    for port, services in by_port.items():
        for service in services[1:]:
            yield _of(
                service,
                "port",
                port,
                f"is also the port of {services[0].name}",
                "give each service the port that its program listens on",
            )


def _service(catalog: Catalog, service: Service) -> Iterator[Problem]:
    yield from _known_variables(catalog, service)
    yield from _database(catalog, service)
    for index, callee in enumerate(service.calls):
        if callee not in catalog.services or callee == service.name:
            others = catalog.services.keys() - {service.name}
            yield _of(
                service, f"calls.{index}", callee, "no such service", did_you_mean(callee, others)
            )
    for store in sorted(set(service.stores) - catalog.stores.keys()):
        yield _of(
            service,
            "stores",
            store,
            "is not described in catalog/stores.yaml",
            did_you_mean(store, catalog.stores),
        )
    for key in ("stores", "schema_files", "configuration", "secrets", "calls"):
        entries: tuple[str, ...] = getattr(service, key)
        for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
            yield _of(service, key, entry, "stands twice", "name it once")


def _known_variables(catalog: Catalog, service: Service) -> Iterator[Problem]:
    for key, secret in (("configuration", False), ("secrets", True)):
        names: tuple[str, ...] = getattr(service, key)
        for name in names:
            variable = catalog.variables.get(name)
            if variable is None:
                yield _of(
                    service,
                    key,
                    name,
                    "is not described in catalog/variables.yaml",
                    f"describe it there, or {did_you_mean(name, catalog.variables)}",
                )
            elif (variable.source == "secret") is not secret:
                other = "configuration" if secret else "secrets"
                yield _of(
                    service, key, name, f"is of source {variable.source}", f"move it to {other}"
                )


def _database(catalog: Catalog, service: Service) -> Iterator[Problem]:
    if service.schema_files and "postgres" not in service.stores:
        yield _of(
            service,
            "schema_files",
            list(service.schema_files),
            "has a schema but no postgres",
            "add postgres to stores",
        )
    if "postgres" in service.stores and not service.schema_files:
        yield _of(
            service,
            "stores",
            "postgres",
            "has a database but no schema",
            "name its schema_files: a service never starts on an empty database (ENV-01)",
        )
    owner = service.database_of
    if owner is None:
        return
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


def _stores(catalog: Catalog) -> Iterator[Problem]:
    for name, store in catalog.stores.items():
        for server_name, server in store.servers.items():
            if server.image.endswith(":latest"):
                yield Problem(
                    file="catalog/stores.yaml",
                    key=f"{name}.servers.{server_name}.image",
                    value=shown(server.image),
                    message="is not pinned",
                    remedy="name a version",
                )


def _variable_patterns(catalog: Catalog) -> Iterator[Problem]:
    for name, variable in catalog.variables.items():
        if variable.pattern is None:
            continue
        try:
            fits = variable.value is None or re.fullmatch(variable.pattern, variable.value)
        except re.error as error:
            yield Problem(
                file="catalog/variables.yaml",
                key=f"{name}.pattern",
                value=shown(variable.pattern),
                message=f"is not a regular expression ({error})",
                remedy="mend it",
            )
            continue
        if not fits:
            yield Problem(
                file="catalog/variables.yaml",
                key=f"{name}.value",
                value=shown(variable.value),
                message="does not match the variable's own pattern",
                remedy=f"allowed: {variable.pattern}",
            )


def stack_problems(catalog: Catalog, stack: Stack, file: str) -> Iterator[Problem]:
    """What is wrong with a stack, given a sound catalogue."""
    findings = [
        *_environment(catalog, stack),
        *_overrides(catalog, stack),
        *_guests(catalog, stack),
        *_stack_variables(catalog, stack),
    ]
    for key, value, message, remedy in findings:
        dotted = f"manpasik:stack.{key}"
        yield Problem(file=file, key=dotted, value=shown(value), message=message, remedy=remedy)


_Finding = tuple[str, object, str, str]
"""Key below the stack, value, message, remedy."""


def _environment(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    known = catalog.environments
    if stack.environment not in known:
        allowed = did_you_mean(stack.environment, known)
        yield "environment", stack.environment, "no such environment", allowed


def _overrides(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    for name, override in stack.services.items():
        if name not in catalog.services:
            yield f"services.{name}", name, "no such service", did_you_mean(name, catalog.services)
        elif name == GATEWAY and not override.enabled:
            key = f"services.{name}.enabled"
            yield key, override.enabled, "the gateway cannot be left out", "remove the line"


def _guests(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    absent = left_out(catalog, stack)
    for name in sorted(catalog.services.keys() - absent):
        owner = catalog.services[name].database_of
        if owner in absent:
            message = "shares the database of a service that is left out"
            yield f"services.{name}", owner, message, f"leave {name} out as well, or keep {owner}"


def _stack_variables(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    for name, value in stack.variables.items():
        key = f"variables.{name}"
        variable = catalog.variables.get(name)
        if variable is None or variable.source == "service":
            allowed = {n for n, v in catalog.variables.items() if v.source == "configuration"}
            yield key, value, "cannot be set here", did_you_mean(name, allowed)
        elif variable.source == "secret":
            remedy = f"remove it and run: pulumi config set --secret --path manpasik:secrets.{name}"
            yield key, "[secret]", "is a secret and must not stand in the open", remedy
        elif variable.pattern and not re.fullmatch(variable.pattern, value):
            yield key, value, "has the wrong form", f"allowed: {variable.pattern}"


def left_out(catalog: Catalog, stack: Stack) -> frozenset[str]:
    """The services that a stack does not deploy."""
    disabled = {name for name, override in stack.services.items() if not override.enabled}
    return frozenset(
        name
        for name, service in catalog.services.items()
        if service.first_phase > stack.services_up_to_phase or name in disabled
    )
