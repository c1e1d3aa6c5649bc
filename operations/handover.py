"""Fields that the program stops writing because another writes them from now on (pitfall W-1).

An apply that leaves out a field it wrote before removes it: the replicas of a Deployment that
begins to scale would fall to one. So the live value is first written under a name of its own,
which keeps it until the new writer changes it.
"""

from collections.abc import Mapping
from typing import Any, cast

from operations.cluster import FIELD_MANAGER, Object
from settings.ownership import CONTESTED

HANDOVER_MANAGER = f"{FIELD_MANAGER}-handover"


def handed_over(live: Object | None, content: Mapping[str, Any]) -> Object | None:
    """The part of a live object to keep before `content` is applied, or None."""
    if live is None:
        return None
    kept: Object = {}
    for each in CONTESTED:
        path = each.path.split(".")
        left_out = each.kind == content["kind"] and _at(content, path) is None
        if left_out and _ours(live, path):
            _put(kept, path, _at(live, path))
    if not kept:
        return None
    metadata = content["metadata"]
    identity = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    head = {"apiVersion": content["apiVersion"], "kind": content["kind"], "metadata": identity}
    return head | kept


def _ours(live: Object, path: list[str]) -> bool:
    """Whether the program wrote the field at its last apply."""
    return any(
        entry.get("manager") == FIELD_MANAGER
        and _at(entry.get("fieldsV1", {}), [f"f:{step}" for step in path]) is not None
        for entry in live["metadata"].get("managedFields", [])
    )


def _at(value: object, path: list[str]) -> object:
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, object]", value).get(step)
    return value


def _put(target: Object, path: list[str], value: object) -> None:
    *way, last = path
    for step in way:
        target = target.setdefault(step, {})
    target[last] = value
