"""What must hold between alerts, receivers, objectives and the rest of the catalogue.

An alert that nobody is told of, or a receiver without its secret, would be found out on the night
when it matters.
"""

from collections.abc import Iterator
from typing import get_args

from settings.alerts import AlertName, ObjectiveName
from settings.catalog import Catalog
from settings.problems import Problem, did_you_mean, shown
from settings.signals import BUCKETS_MS
from settings.stack import Stack

_Finding = tuple[str, object, str, str]


def catalog_problems(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with the three files, and between them and the others."""
    yield from _complete(catalog)
    for name, alert in catalog.alerts.items():
        for index, told in enumerate(alert.receivers):
            if told not in catalog.receivers:
                remedy = did_you_mean(told, catalog.receivers)
                key = f"{name}.receivers.{index}"
                yield _in("alerts", key, told, "no such receiver", remedy)
    yield from _receivers(catalog)
    for name, objective in catalog.objectives.items():
        if objective.latency_ms not in BUCKETS_MS:
            message = "is no edge of the mesh's histogram, so it could only be guessed"
            remedy = f"allowed: {', '.join(map(str, BUCKETS_MS))}"
            yield _in("objectives", f"{name}.latency_ms", objective.latency_ms, message, remedy)


def problems(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """What a stack may not say of its monitoring."""
    for name, change in stack.monitoring.alerts.items():
        for index, told in enumerate(change.receivers or ()):
            if told not in catalog.receivers:
                key = f"monitoring.alerts.{name}.receivers.{index}"
                yield key, told, "no such receiver", did_you_mean(told, catalog.receivers)
    for market in stack.monitoring.fleet:
        if market not in catalog.regions:
            key = f"monitoring.fleet.{market}"
            yield key, market, "no such market", did_you_mean(market, catalog.regions)


def _complete(catalog: Catalog) -> Iterator[Problem]:
    for part, held, wanted in (
        ("alerts", catalog.alerts.keys(), get_args(AlertName)),
        ("objectives", catalog.objectives.keys(), get_args(ObjectiveName)),
    ):
        for name in sorted(set(wanted) - set(held)):
            yield _in(part, name, None, "is missing", f"describe {name}")


def _receivers(catalog: Catalog) -> Iterator[Problem]:
    secrets = {n for n, variable in catalog.variables.items() if variable.source == "secret"}
    for name, receiver in catalog.receivers.items():
        if receiver.secret not in secrets:
            message = "is no secret of catalog/variables.yaml: the receiver could reach nobody"
            remedy = f"describe it there, or {did_you_mean(receiver.secret, secrets)}"
            yield _in("receivers", f"{name}.secret", receiver.secret, message, remedy)
        for market in receiver.regional:
            if market not in catalog.regions:
                remedy = did_you_mean(market, catalog.regions)
                yield _in("receivers", f"{name}.regional.{market}", market, "no market", remedy)


def _in(part: str, key: str, value: object, message: str, remedy: str) -> Problem:
    told = "" if value is None else shown(value)
    file = f"catalog/{part}.yaml"
    return Problem(file=file, key=key, value=told, message=message, remedy=remedy)
