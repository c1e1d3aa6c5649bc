"""The models of `catalog/instances.yaml`: what a cloud calls a machine of so many CPUs and GB.

A machine is chosen by what it has, never by its name: the specification's figures (R-NODE) and the
environments' are the only ones, and a shape that a cloud does not sell is refused.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from settings.model import Model
from settings.regions import Provider

Use = Literal["node", "database", "cache"]
"""What a machine is rented for: each cloud has its own names for each."""


class Instance(Model):
    """One machine that a cloud rents out."""

    cloud: Provider
    """Who rents it out."""

    use: Use = "node"
    """What for."""

    vcpu: Annotated[int, Field(ge=1)]
    """Virtual CPUs."""

    memory_gb: Annotated[int, Field(ge=1)]
    """Memory in GB; of caches what they offer to data, rounded down."""

    family: str
    """The cloud's family of machines."""

    source: str
    """Where these figures stand in the cloud's own documents."""


def instance_for(
    instances: Mapping[str, Instance], cloud: Provider, use: Use, vcpu: int, memory_gb: int
) -> str | None:
    """The name of the machine with exactly these figures; None where the table has none."""
    for name, each in instances.items():
        if (each.cloud, each.use, each.vcpu, each.memory_gb) == (cloud, use, vcpu, memory_gb):
            return name
    return None


def shapes(instances: Mapping[str, Instance], cloud: Provider, use: Use) -> list[tuple[int, int]]:
    """Every (vCPU, GB) that a cloud has for a use, the smallest first."""
    found = instances.values()
    return sorted({(i.vcpu, i.memory_gb) for i in found if (i.cloud, i.use) == (cloud, use)})


def cache_node(instances: Mapping[str, Instance], cloud: Provider, memory_gb: int) -> str | None:
    """The smallest cache machine that holds so much data; None where none does."""
    fitting = [
        (each.memory_gb, each.vcpu, name)
        for name, each in instances.items()
        if (each.cloud, each.use) == (cloud, "cache") and each.memory_gb >= memory_gb
    ]
    return min(fitting)[2] if fitting else None
