"""Which environment variables each service gets, and where each value belongs.

The names are those that the product's code reads (hazards PORT-01, ENV-02, ENV-05, ENV-06), each
from ConfigMap, Secret or the service's own pod template; nothing else is handed over (ENV-10).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from settings import monitoring, names
from settings.catalog import Service, Variable
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One variable that a service reads."""

    name: str
    source: Literal["configuration", "secret", "service"]
    value: str | None = None
    """The value itself where the source is the service; otherwise it lies in the object."""


def readings(settings: Settings, service: Service) -> tuple[Reading, ...]:
    """Every variable of a service, sorted by name."""
    found = [*_own(settings, service), *_addresses(service)]
    return tuple(sorted(found, key=lambda reading: reading.name))


def configuration(settings: Settings) -> dict[str, str]:
    """The ConfigMap's entries that no store gives: the stack's value, else the catalogue's."""
    chosen = {
        name: settings.stack.variables.get(name, settings.catalog.variables[name].value)
        for name in sorted(_read_names(settings, "configuration"))
    }
    addresses = {
        names.address_variable(callee): f"{callee}:{settings.services[callee].port}"
        for service in settings.services.values()
        for callee in service.calls
    }
    return {name: value for name, value in chosen.items() if value is not None} | addresses


def secret_readers(settings: Settings) -> dict[str, list[str]]:
    """Each secret that somebody reads, a service or Alertmanager, with those that read it."""
    readers: dict[str, list[str]] = {}
    for service in settings.services.values():
        for name, variable in _variables(settings, service):
            if variable.source == "secret":
                readers.setdefault(name, []).append(service.name)
    for name, receiver in monitoring.secret_readers(settings).items():
        readers.setdefault(name, []).append(f"the receiver {receiver}")
    return dict(sorted(readers.items()))


def required_secrets(settings: Settings) -> list[str]:
    """The secrets without which some deployed service must not run, and that have no default."""
    known = settings.catalog.variables
    readers = secret_readers(settings)
    return [name for name in readers if known[name].required and known[name].value is None]


def _read_names(settings: Settings, source: str) -> set[str]:
    return {
        name
        for service in settings.services.values()
        for name, variable in _variables(settings, service)
        if variable.source == source
    }


def _variables(settings: Settings, service: Service) -> Iterator[tuple[str, Variable]]:
    own = {*service.configuration, *service.secrets, "VERSION"}
    if service.port_set_by == "environment":
        own.add("HTTP_PORT" if service.protocol == "http" else "GRPC_PORT")
    for name, variable in settings.catalog.variables.items():
        if name in own or (variable.store is not None and variable.store in service.stores):
            yield name, variable


def _own(settings: Settings, service: Service) -> Iterator[Reading]:
    for name, variable in _variables(settings, service):
        if variable.source == "service":
            yield Reading(
                name=name, source="service", value=_service_value(settings, service, name)
            )
        else:
            yield Reading(name=name, source=variable.source)


def _service_value(settings: Settings, service: Service, name: str) -> str:
    values: Mapping[str, str] = {
        "VERSION": settings.image_tag(service.name),
        # The leading colon is part of the value: a bare number makes the process exit.
        "GRPC_PORT": f":{service.port}",
        "HTTP_PORT": f":{service.port}",
        "DB_NAME": names.database(service.database_of or service.name),
        "KAFKA_GROUP_ID": service.name,
    }
    return values[name]


def _addresses(service: Service) -> Iterator[Reading]:
    for callee in service.calls:
        yield Reading(name=names.address_variable(callee), source="configuration")
