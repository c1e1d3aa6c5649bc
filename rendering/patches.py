"""What several versions of an object share, and the JSON Patch that leads from it to each of them.

JSON Patch (RFC 6902) and not a strategic merge: it says exactly what changes, keeps the order of
lists, can remove, and means the same for built-in kinds and for those that a CRD brings, in every
version of kustomize.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from rendering.differences import Item, Path, dotted, named, naming_key, same
from rendering.manifest import to_yaml


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step of a patch."""

    op: str
    pointer: str
    """Where, as RFC 6901 writes it."""
    path: Path
    """Where, as people read it."""
    value: Any = None

    def as_dict(self) -> dict[str, Any]:
        """The step as a patch file holds it."""
        found = {"op": self.op, "path": self.pointer}
        return found if self.op == "remove" else found | {"value": self.value}


def common(versions: Sequence[Any]) -> Any:
    """What all versions have: keys and named items of all; where values differ, the first's.

    So a patch adds and replaces, and what differs comes from one version, which holds together: the
    request of one and the limit of another might not.
    """
    first = versions[0]
    if all(isinstance(each, Mapping) for each in versions):
        return {
            key: common([each[key] for each in versions])
            for key in first
            if all(key in each for each in versions)
        }
    if all(isinstance(each, list) for each in versions):
        return _common_items(versions)
    return first


def patch(old: Any, new: Any, pointer: str = "", path: Path = ()) -> Iterator[Operation]:
    """The steps from one value to another, to be taken in this order."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _between_mappings(cast("Any", old), cast("Any", new), pointer, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _between_lists(cast("list[Any]", old), cast("list[Any]", new), pointer, path)
    elif not same(old, new):
        yield Operation(op="replace", pointer=pointer, path=path, value=new)


def to_text(operations: Sequence[Operation]) -> str:
    """The steps as YAML; where a pointer counts items, a comment says which one it means."""
    text = ""
    for each in operations:
        if any(isinstance(step, Item) for step in each.path):
            text += f"# {dotted(each.path)}\n"
        text += to_yaml([[each.as_dict()]])
    return text


def _common_items(versions: Sequence[list[Any]]) -> list[Any]:
    first = versions[0]
    key = naming_key(*versions)
    if key is not None:
        by_name = [named(each, key) for each in versions]
        kept = [name for name in by_name[0] if all(name in each for each in by_name)]
        orders = [[name for name in each if name in kept] for each in by_name]
        if kept and all(order == kept for order in orders):
            return [common([each[name] for each in by_name]) for name in kept]
        # Emptied of all its items, a list may be no valid one: an Ingress has a rule, whose host
        # differs everywhere.
        if kept:
            return first
    if len({len(each) for each in versions}) == 1:
        return [common(items) for items in zip(*versions, strict=True)]
    return first


def _between_mappings(
    old: Mapping[str, Any], new: Mapping[str, Any], pointer: str, path: Path
) -> Iterator[Operation]:
    for key in sorted(old.keys() | new.keys()):
        at, there = f"{pointer}/{_escaped(key)}", (*path, key)
        if key not in new:
            yield Operation(op="remove", pointer=at, path=there)
        elif key not in old:
            yield Operation(op="add", pointer=at, path=there, value=new[key])
        else:
            yield from patch(old[key], new[key], at, there)


def _between_lists(old: list[Any], new: list[Any], pointer: str, path: Path) -> Iterator[Operation]:
    key = naming_key(old, new)
    before, after = (named(each, key) if key else {} for each in (old, new))
    if key is not None and _is_part(list(before), list(after)):
        yield from _insertions(before, after, key, pointer, path)
    elif len(old) == len(new) and not before.keys() & after.keys():
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from patch(one, other, f"{pointer}/{index}", (*path, index))
    elif not same(old, new):
        yield Operation(op="replace", pointer=pointer, path=path, value=new)


def _insertions(
    old: Mapping[str | int, Any],
    new: Mapping[str | int, Any],
    key: str,
    pointer: str,
    path: Path,
) -> Iterator[Operation]:
    for index, (name, value) in enumerate(new.items()):
        at, there = f"{pointer}/{index}", (*path, Item(key, name))
        if name in old:
            yield from patch(old[name], value, at, there)
        else:
            yield Operation(op="add", pointer=at, path=there, value=value)


def _is_part(some: Sequence[Any], everything: Sequence[Any]) -> bool:
    """Whether these come in that order among all."""
    rest = iter(everything)
    return all(each in rest for each in some)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
