"""RFC 6902 as a reader of patches understands it: an independent reading of what they say."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any


def applied(value: Any, steps: Iterable[Mapping[str, Any]]) -> Any:
    """The value after every step."""
    root = {"": copy.deepcopy(value)}
    for step in steps:
        _apply(root, step["path"].split("/"), step)
    return root[""]


def _apply(at: Any, path: list[str], step: Mapping[str, Any]) -> None:
    key: Any = path[0].replace("~1", "/").replace("~0", "~")
    key = int(key) if isinstance(at, list) else key
    if path[1:]:
        _apply(at[key], path[1:], step)
    elif step["op"] == "add":
        assert isinstance(at, list) or key not in at
        at.insert(key, step["value"]) if isinstance(at, list) else at.update({key: step["value"]})
    elif step["op"] == "replace":
        assert key in at if isinstance(at, dict) else key < len(at)
        at[key] = step["value"]
    else:
        del at[key]
