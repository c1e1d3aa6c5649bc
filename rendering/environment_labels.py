"""The labels that name an environment: one transformer instead of a patch for every object.

A label is taken out of the base only where kustomize's `labels` puts it back into exactly the same
places. It never touches a selector, which cannot change on a live Deployment (KUST-05).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

Objects = Sequence[Mapping[str, Any]]
Steps = tuple[str, ...]
_OWN: Steps = ("metadata", "labels")


@dataclass(frozen=True)
class EnvironmentLabels:
    """Which labels differ from environment to environment, and where they stand."""

    keys: frozenset[str]
    fields: frozenset[tuple[str, str, Steps]]
    """API group, kind and place of each template that wears them too."""

    @classmethod
    def of(cls, environments: Sequence[Objects]) -> "EnvironmentLabels":
        """What the objects of all environments agree on."""
        uniform = [_uniform(objects) for objects in environments]
        shared = set[str].intersection(*map(set, uniform))
        keys = frozenset(key for key in shared if len({each[key] for each in uniform}) > 1)
        return cls(keys, _fields([each for objects in environments for each in objects], keys))

    def without(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The object without what the transformer will put back."""
        places = {steps for group, kind, steps in self.fields if (group, kind) == _kind(content)}
        found: Any = content
        for steps in (_OWN, *sorted(places)):
            found = _without(found, steps, self.keys)
        return found

    def transformer(self, objects: Objects) -> list[dict[str, Any]]:
        """The entry `labels` of an environment's kustomization."""
        if not self.keys:
            return []
        kinds = {_kind(each) for each in objects}
        fields = [
            {"path": "/".join(steps), "group": group, "kind": kind, "create": True}
            for group, kind, steps in sorted(self.fields)
            if (group, kind) in kinds
        ]
        labels = _labels(objects[0], _OWN)
        pairs = {key: labels[key] for key in sorted(self.keys)}
        return [{"pairs": pairs, **({"fields": fields} if fields else {})}]


def _uniform(objects: Objects) -> dict[str, str]:
    """The labels that every object wears with the same value."""
    worn = [set(_labels(each, _OWN).items()) for each in objects]
    return dict(set[tuple[str, str]].intersection(*worn)) if worn else {}


def _fields(objects: Objects, keys: frozenset[str]) -> frozenset[tuple[str, str, Steps]]:
    """The places where the objects of a kind wear the labels, every one of them, as on itself."""
    places: dict[tuple[str, str], set[Steps]] = defaultdict(set)
    for each in objects:
        places[_kind(each)] |= set(_places(each, each, keys))
    return frozenset(
        (*kind, steps)
        for kind, found in places.items()
        for steps in found
        if all(_wears(each, steps, keys) for each in objects if _kind(each) == kind)
    )


def _places(
    content: Mapping[str, Any], value: Any, keys: frozenset[str], steps: Steps = ()
) -> Iterator[Steps]:
    if not isinstance(value, Mapping):
        return
    for key, entry in cast("Mapping[str, Any]", value).items():
        below = (*steps, key)
        if below[-2:] == _OWN and below != _OWN and keys & _labels(content, below).keys():
            yield below
        else:
            yield from _places(content, entry, keys, below)


def _wears(content: Mapping[str, Any], steps: Steps, keys: Iterable[str]) -> bool:
    own, there = _labels(content, _OWN), _labels(content, steps)
    return all(there.get(key) == own[key] for key in keys)


def _labels(content: Mapping[str, Any], steps: Steps) -> Mapping[str, str]:
    found: Any = content
    for step in steps:
        found = cast("Any", found).get(step) if isinstance(found, Mapping) else None
    return cast("Mapping[str, str]", found) if isinstance(found, Mapping) else {}


def _without(value: Any, steps: Steps, keys: frozenset[str]) -> Any:
    entries = cast("Mapping[str, Any]", value)
    if not steps:
        return {key: entry for key, entry in entries.items() if key not in keys}
    return {**entries, steps[0]: _without(entries[steps[0]], steps[1:], keys)}


def _kind(content: Mapping[str, Any]) -> tuple[str, str]:
    return str(content["apiVersion"]).rpartition("/")[0], str(content["kind"])
