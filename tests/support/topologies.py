"""Stacks of phase 4 as plain data, and what residency says of them."""

import json
from typing import Any

from settings import residency_rules
from settings.loader import Settings
from settings.problems import Problem
from settings.region_rules import problems as region_problems
from settings.stack import Stack
from tests.support.stacks import CATALOG

MARKETS = ("kr", "us", "eu", "jp")
CLOUDS = ("aws", "gcp")


def place(market: str, cloud: str = "aws") -> str:
    """The cloud's own name of a market's region."""
    return CATALOG.regions[market].on(cloud).name


def region(market: str, on: str = "aws", **more: Any) -> dict[str, Any]:
    """A lawful region stack: Toss works in Korea, so the others say so (RES-11)."""
    paid = [] if market == "kr" else [{"data": "personal", "to": "KR", "basis": "contract"}]
    return {
        "environment": "production",
        "phase": 4,
        "market": market,
        "cloud": {"provider": on, "region": place(market, on)},
        "images": {"tag": "v1.0.0"},
        "transfers": paid,
        **more,
    }


def above(on: str = "aws", *regions: str, **more: Any) -> dict[str, Any]:
    """A lawful global stack."""
    return {
        "environment": "production",
        "phase": 4,
        "regions": list(regions or MARKETS),
        "cloud": {"provider": on, "region": place("kr", on)},
        "images": {"tag": "v1.0.0"},
        **more,
    }


def settings(data: dict[str, Any], name: str = "production-test") -> Settings:
    """The settings that plain data comes to; the rules about markets must hold."""
    stack = Stack.model_validate_json(json.dumps(data))
    assert not list(region_problems(CATALOG, stack)), list(region_problems(CATALOG, stack))
    return Settings(stack_name=name, stack=stack, catalog=CATALOG)


def refusals(data: dict[str, Any], *held: str) -> list[Problem]:
    """What residency refuses of a stack whose file holds these secrets."""
    return residency_rules.problems(settings(data), frozenset(held))


def outside(market: str, cloud: str) -> list[str]:
    """Every place of a cloud that is not wholly within a market's jurisdiction."""
    allowed = set(CATALOG.jurisdictions[CATALOG.regions[market].jurisdiction].countries)
    places = {n: p for n, p in CATALOG.locations.items() if p.cloud == cloud}
    return [n for n, p in places.items() if not p.countries or set(p.countries) - allowed]


def inside(market: str, cloud: str) -> list[str]:
    """Every place of a cloud within a market's jurisdiction."""
    lawless = set(outside(market, cloud))
    return [n for n, p in CATALOG.locations.items() if p.cloud == cloud and n not in lawless]
