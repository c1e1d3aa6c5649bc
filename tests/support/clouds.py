"""Stacks on a cloud: the committed stack file with one line more (ADR 0030)."""

import atexit
import functools
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rendering import Recorded, record
from rendering.recorder import reveal
from settings import load
from settings.files import mapping_or_empty
from settings.loader import ROOT, STACK_KEY, Settings
from tests.support.stacks import CATALOG
from tests.support.topologies import above

CLOUDS = ("aws", "gcp")
CLOUD_STACKS = ("dev", "staging", "production", "production-kr")
MARKETS = ("kr", "us", "eu", "jp")
REGION_STACKS = tuple(f"production-{market}" for market in MARKETS)
# The part of the program that is outside of a cluster, which a test of nodes need not wait for.
_PLACE_ALONE = """\
import pulumi
from components import clouds
from settings import load, secrets
config = pulumi.Config("manpasik")
settings = load(pulumi.get_stack(), config.get_object("stack"))
given = config.get_object("secrets")
clouds.place(settings, secrets.resolve(settings, given, config.get("seed")))
"""
_FOLDER = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, _FOLDER)


def on(stack: str, provider: str, *, phase: int | None = None, **cloud: Any) -> Settings:
    """The settings of a stack on a cloud."""
    value = mapping_or_empty(ROOT / f"Pulumi.{stack}.yaml")["config"][STACK_KEY]
    region = CATALOG.regions[value.get("market", "kr")].on(provider)
    chosen = {"provider": provider, "region": region.name, **cloud}
    more: dict[str, Any] = {"phase": phase} if phase else {}
    if phase == 4 and stack == "production":
        more["market"] = "kr"
    return load(stack, {**value, **more, "cloud": chosen})


@functools.cache
def whole(stack: str, provider: str, kind: str = "cluster") -> tuple[Recorded, ...]:
    """Everything that the program registers for a stack on a cloud."""
    return tuple(record(on(stack, provider, kind=kind)))


@functools.cache
def place(stack: str, provider: str, phase: int) -> tuple[Recorded, ...]:
    """What of it is outside of the cluster, in a phase."""
    return tuple(record(on(stack, provider, phase=phase), root=place_alone()))


@functools.cache
def place_alone() -> Path:
    """The root of a program that makes the place alone, while this process lives."""
    (_FOLDER / "__main__.py").write_text(_PLACE_ALONE)
    return _FOLDER


def front_settings(provider: str, **more: Any) -> Settings:
    """The settings of the stack above the regions: `production` in phase 4."""
    regions = more.pop("regions", MARKETS)
    return load("production", above(provider, *regions, **more))


def above_regions(provider: str, **more: Any) -> tuple[Recorded, ...]:
    """Everything of the stack above the regions on a cloud."""
    return _above_regions(provider, json.dumps(more, sort_keys=True))


@functools.cache
def _above_regions(provider: str, more: str) -> tuple[Recorded, ...]:
    return tuple(record(front_settings(provider, **json.loads(more))))


def inputs(found: tuple[Recorded, ...], *types: str) -> dict[str, Mapping[str, Any]]:
    """The plain inputs of the resources of some types, by logical name."""
    return {each.name: reveal(each.inputs) for each in found if each.type in types}
