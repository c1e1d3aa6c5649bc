"""Production in its later phases, recorded once per session and what is asked for."""

import functools
import json
from collections.abc import Mapping
from typing import Any

from rendering import manifests, record
from rendering.recorder import redact
from settings import load
from settings.loader import Settings

PRODUCTION = {"environment": "production", "images": {"tag": "v1.0.0"}}


def production(**own: Any) -> Settings:
    """The settings of production, with these."""
    return load("production", PRODUCTION | own)


@functools.cache
def _objects(text: str) -> tuple[Mapping[str, Any], ...]:
    found = manifests(record(load("production", json.loads(text))))
    return tuple(redact(each.content) for each in found)


def objects(**own: Any) -> tuple[Mapping[str, Any], ...]:
    """Every object of it."""
    return _objects(json.dumps(PRODUCTION | own, sort_keys=True))


def of_kind(kind: str, **own: Any) -> dict[str, Mapping[str, Any]]:
    """The objects of a kind by name."""
    return {each["metadata"]["name"]: each for each in objects(**own) if each["kind"] == kind}
