"""What must hold between a stack and the catalogue."""

import re
from collections.abc import Iterator

from settings import (
    alert_rules,
    chart_rules,
    cloud_rules,
    keeping_rules,
    region_rules,
    release_rules,
)
from settings.catalog import Catalog
from settings.catalog_rules import GATEWAY, without_broken
from settings.model import mebibytes, millicores
from settings.problems import Problem, did_you_mean, shown_unless_secret
from settings.stack import Stack
from settings.stack_file import STACK_KEY

_Finding = tuple[str, object, str, str]
"""Key below the stack, value, message, remedy."""
_RELEASE = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?")


def problems(
    catalog: Catalog, stack: Stack, file: str, broken: frozenset[str] = frozenset()
) -> list[Problem]:
    """What is wrong with a stack, given a catalogue and the names of what is broken in it."""
    rules = (_environment, _overrides, _sizes, _growth, _tags, _guests, _stack_variables, _values,
             cloud_rules.problems, region_rules.problems, release_rules.problems,
             alert_rules.problems, keeping_rules.problems, chart_rules.problems)  # fmt: skip
    found = [
        Problem(
            file=file,
            key=f"{STACK_KEY}.{key}",
            value=shown_unless_secret(key, value) if value is not None else "",
            message=message,
            remedy=remedy,
        )
        for rule in rules
        for key, value, message, remedy in rule(catalog, stack)
    ]
    return without_broken(found, broken)


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


def _sizes(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """Kubernetes refuses a request above the limit, and only when the pod is made."""
    environment = catalog.environments.get(stack.environment)
    if environment is None:
        return
    size = environment.workload
    for name, own in stack.services.items():
        for key, value, limit, amount in (
            ("cpu", own.cpu, size.cpu_limit, millicores),
            ("memory", own.memory, size.memory_limit, mebibytes),
        ):
            if value is not None and amount(value) > amount(limit):
                message = f"exceeds the limit of {stack.environment}"
                yield f"services.{name}.{key}", value, message, f"allowed: at most {limit}"


def _growth(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    environment = catalog.environments.get(stack.environment)
    if environment is None:
        return
    for name, own in stack.services.items():
        fewest = own.replicas or environment.workload.replicas
        most = own.max_replicas or environment.workload.max_replicas
        if most is not None and most < fewest:
            key = "max_replicas" if own.max_replicas else "replicas"
            remedy = f"allowed: max_replicas of at least replicas; they are {most} and {fewest}"
            yield f"services.{name}.{key}", getattr(own, key), "the most are fewer", remedy


def _tags(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """Where the environment has no tag of its own, only a release is deployed (R-IMG-1)."""
    environment = catalog.environments.get(stack.environment)
    if environment is None or environment.image_tag is not None:
        return
    remedy = f"{stack.environment} runs releases only: write it like v1.2.3"
    if stack.images.tag is None:
        yield "images.tag", None, "is missing", remedy
    elif not _RELEASE.fullmatch(stack.images.tag):
        yield "images.tag", stack.images.tag, "is no release", remedy
    for name, own in stack.services.items():
        if own.image_tag and not _RELEASE.fullmatch(own.image_tag):
            yield f"services.{name}.image_tag", own.image_tag, "is no release", remedy


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
            yield key, None, "is a secret and must not stand in the open", remedy
        elif variable.pattern and not re.fullmatch(variable.pattern, value):
            yield key, value, "has the wrong form", f"allowed: {variable.pattern}"


def _values(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """A variable without a value would be left out of the pod without a word."""
    absent = left_out(catalog, stack)
    read = {
        name
        for service in catalog.services.values()
        for name in service.configuration
        if service.name not in absent
    }
    for name in sorted(read & catalog.variables.keys() - stack.variables.keys()):
        variable = catalog.variables[name]
        # A store's own variables get their values from the store.
        given_elsewhere = variable.source != "configuration" or variable.store is not None
        if variable.required and variable.value is None and not given_elsewhere:
            yield f"variables.{name}", None, "is missing", "set it: some service reads it"


def left_out(catalog: Catalog, stack: Stack) -> frozenset[str]:
    """The services that a stack does not deploy: all, where it stands above the regions."""
    if stack.regions:
        return frozenset(catalog.services)
    disabled = {name for name, override in stack.services.items() if not override.enabled}
    return frozenset(
        name
        for name, service in catalog.services.items()
        if service.first_phase > stack.services_up_to_phase or name in disabled
    )
