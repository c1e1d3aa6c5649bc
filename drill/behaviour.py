"""How the servers that stand for the pods behave, by the tag of their image.

A drill says it in one file before the release; versions that it does not name answer well. What a
tag does to its pods as seen by the kubelet (`broken`, `crash`, `never-ready`) stays the matter of
`localcluster/stages.yaml`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from localcluster.files import write_private

FILE = "behaviours.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour:
    """What one version does with the requests that reach it."""

    latency: float = 0.002
    """Seconds that an answer takes."""
    error_share: float = 0.0
    """Part of the requests that are answered with a server error."""
    slow_share: float = 0.0
    """Part of the requests that take `slow_latency` instead."""
    slow_latency: float = 0.0
    errors_above_weight: int = 0
    """Errors begin once the mesh sends more than this part, in per cent, to the version."""
    crash_after: float | None = None
    """Seconds after its start at which the pod dies and is restarted, over and over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviours:
    """Behaviours by image tag."""

    by_tag: Mapping[str, Behaviour] = field(default_factory=dict[str, Behaviour])

    def of(self, tag: str) -> Behaviour:
        """How that version behaves."""
        return self.by_tag.get(tag, Behaviour())


def save(folder: Path, by_tag: Mapping[str, Behaviour]) -> None:
    """Say how each version behaves; the servers look before each answer's fate is drawn."""
    content = {tag: asdict(behaviour) for tag, behaviour in by_tag.items()}
    write_private(folder / FILE, json.dumps(content))


def load(folder: Path) -> Behaviours:
    """What was said last; nothing: all answer well."""
    try:
        content = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return Behaviours()
    return Behaviours(by_tag={tag: Behaviour(**each) for tag, each in content.items()})


def tag_of(image: str) -> str:
    """The tag of an image, without a digest."""
    return image.partition("@")[0].rpartition(":")[2]
