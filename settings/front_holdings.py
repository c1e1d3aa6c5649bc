"""What the global stack declares about where data goes: failover, the CDN's caches and its logs."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.front import API_PREFIX, Behaviour
from settings.law import CONFINED, DataClass
from settings.markets import place_of, regions
from settings.residency import Holding, Kind

if TYPE_CHECKING:
    from settings.loader import Settings


def above(settings: Settings) -> list[Holding]:
    """Everything of the stack above the regions that keeps or passes on people's data."""
    return [*_failover(settings), *_caches(settings), *_edge_logs(settings)]


def of_market(
    settings: Settings, name: str, whose: str, kind: Kind, data: DataClass, at: str, key: str
) -> Holding:
    """A holding of one market's people, put there by a setting of the stack."""
    return Holding(
        name=name,
        kind=kind,
        data=data,
        subjects=frozenset({settings.catalog.regions[whose].jurisdiction}),
        at=at,
        file=f"Pulumi.{settings.stack_name}.yaml",
        key=key,
    )


def _failover(settings: Settings) -> Iterator[Holding]:
    for name, targets in settings.stack.routing.failover.items():
        for index, target in enumerate(targets):
            at, key = place_of(settings, target), f"routing.failover.{name}.{index}"
            yield of_market(
                settings, f"the failover to {target}", name, "failover", "health", at, key
            )


def _caches(settings: Settings) -> Iterator[Holding]:
    """What the CDN keeps, all over the world: nothing of the API may be among it."""
    for path, behaviour in settings.stack.edge.behaviours.items():
        for name, region in regions(settings).items():
            if behaviour.seconds and (data := _cached_class(path, behaviour)) in CONFINED:
                at = region.on(settings.stack.cloud.provider).name if settings.stack.cloud else ""
                key = f"edge.behaviours.{path}"
                yield of_market(settings, f"the CDN on {path}", name, "cache", data, at, key)


def _cached_class(path: str, behaviour: Behaviour) -> DataClass:
    return "health" if behaviour.origin == "api" or reaches_api(path) else "public"


def reaches_api(path: str) -> bool:
    """Whether a pattern was made for the API's paths, or takes them in."""
    literal = path.split("*", maxsplit=1)[0].split("?", maxsplit=1)[0]
    if "*" not in path and "?" not in path:
        return path.startswith(API_PREFIX) or path == API_PREFIX.rstrip("/")
    return literal.startswith(API_PREFIX) or fnmatch.fnmatchcase(f"{API_PREFIX}v1/users/1", path)


def _edge_logs(settings: Settings) -> Iterator[Holding]:
    for name in regions(settings):
        own = settings.stack.edge.logs.get(name)
        at, key = own or place_of(settings, name), f"edge.logs.{name}"
        yield of_market(settings, f"the CDN's logs of {name}", name, "logs", "personal", at, key)
