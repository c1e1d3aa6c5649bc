"""Whose people a stack serves, and where it lies: what residency, edge and cost start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings.regions import Region

if TYPE_CHECKING:
    from settings.loader import Settings


def place(settings: Settings) -> str | None:
    """The cloud's own name of the stack's region; None where a stack has no cloud."""
    return settings.stack.cloud.region if settings.stack.cloud else None


def market(settings: Settings) -> str | None:
    """The market whose people's data the stack holds; None: nobody's.

    Said by `market`; else, where the environment holds patients, that of the region it lies in.
    """
    if settings.stack.market:
        return settings.stack.market
    if settings.stack.cloud is None or not settings.environment.patients or is_global(settings):
        return None
    found = [
        name
        for name, region in settings.catalog.regions.items()
        if region.on(settings.stack.cloud.provider).name == settings.stack.cloud.region
    ]
    return found[0] if found else None


def jurisdiction(settings: Settings) -> str | None:
    """Whose law holds for the stack's data."""
    found = market(settings)
    region = settings.catalog.regions.get(found) if found else None
    return region.jurisdiction if region else None


def is_global(settings: Settings) -> bool:
    """Whether the stack is the layer above the regions."""
    return bool(settings.stack.regions)


def regions(settings: Settings) -> dict[str, Region]:
    """The regions that a global stack stands above, by market."""
    return {name: settings.catalog.regions[name] for name in settings.stack.regions}


def place_of(settings: Settings, name: str) -> str:
    """The place of a market's region on the stack's cloud."""
    cloud = settings.stack.cloud
    return settings.catalog.regions[name].on(cloud.provider if cloud else "aws").name


def stack_of(settings: Settings, name: str) -> str:
    """The stack that holds a market's region; the one above reads it under this name."""
    return f"{settings.stack.environment}-{name}"


def countries(settings: Settings, name: str) -> tuple[str, ...]:
    """Whose callers a market serves: every country of its jurisdiction."""
    region = settings.catalog.regions[name]
    return tuple(settings.catalog.jurisdictions[region.jurisdiction].countries)


def edge_logs(settings: Settings, name: str) -> str:
    """Where the logs of a market's edge lie: said by the settings, else in its region."""
    return settings.stack.edge.logs.get(name) or place_of(settings, name)
