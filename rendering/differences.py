"""The differences between two plain objects, field by field; nothing of what a field means.

A list of named things (containers, env, ports, volumes) is compared by what names its items, so a
reordered list is the same list. Where the order acts, the order is a field of its own: init
containers run one after the other, and `$(NAME)` sees only the variables before it.
"""

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

HIDDEN = "[secret]"
# What names the items of a list, the most telling first; the first that fits both lists is taken.
_NAMING = (
    "name", "mountPath", "devicePath", "containerPort", "port", "topologyKey", "resource.name",
    "metadata.name", "path", "key", "host",
)  # fmt: skip
_BARE_KEY = re.compile(r"[A-Za-z0-9_{}-]+")


class Absent(enum.Enum):
    """Where a field is not there at all, which is not the same as null."""

    ABSENT = "(absent)"


ABSENT = Absent.ABSENT


@dataclass(frozen=True)
class Hidden:
    """A secret's place in an object: its value cannot be read from it, only whether two are alike.

    The mark is a keyed digest whose key lives as long as the process; empty where nobody knows the
    value, as in rendered files.
    """

    mark: str = field(repr=False, default="")


@dataclass(frozen=True)
class Item:
    """A step into a list: the item whose key has this value."""

    key: str
    value: str | int


@dataclass(frozen=True)
class Order:
    """A step to the order of a list's items, given by their names."""

    key: str


Step = str | int | Item | Order
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    path: Path
    old: Any
    new: Any


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Difference]:
    """What leads from one value to the other, in the order of paths."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _in_mappings(cast("Any", old), cast("Any", new), path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _in_lists(cast("list[Any]", old), cast("list[Any]", new), path)
    elif not same(old, new):
        yield Difference(path, old, new)


def same(old: Any, new: Any) -> bool:
    """Equality of plain data: true is not 1, and a secret that nobody knows is taken for equal."""
    if isinstance(old, Hidden) and isinstance(new, Hidden):
        return not (old.mark and new.mark) or old.mark == new.mark
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        a, b = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(old, list) and isinstance(new, list):
        one, two = cast("list[Any]", old), cast("list[Any]", new)
        return len(one) == len(two) and all(map(same, one, two))
    return isinstance(old, bool) == isinstance(new, bool) and old == new


def naming_key(*lists: Sequence[Any]) -> str | None:
    """By which key the items of these lists are known; None where nothing names them."""
    for key in _NAMING:
        if any(lists) and all(_names(items, key) for items in lists):
            return key
    return None


def named(items: Sequence[Any], key: str) -> dict[str | int, Any]:
    """The items of a list by that key."""
    return {_value(item, key): item for item in items}


def dotted(path: Path) -> str:
    """A path as people write it: `spec.containers[auth-service].env[DB_HOST].value`."""
    text = ""
    for step in path:
        match step:
            case Item():
                text += f"[{step.value}]"
            case Order():
                text += ".(order)"
            case int():
                text += f"[{step}]"
            case _:
                text += f".{step}" if _BARE_KEY.fullmatch(step) else f'["{step}"]'
    return text.removeprefix(".")


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every plain value below a value, with its path."""
    if isinstance(value, Mapping):
        for key, entry in cast("Mapping[str, Any]", value).items():
            yield from leaves(entry, (*path, key))
    elif isinstance(value, list):
        for index, entry in enumerate(cast("list[Any]", value)):
            yield from leaves(entry, (*path, index))
    else:
        yield path, value


def _in_mappings(
    old: Mapping[str, Any], new: Mapping[str, Any], path: Path
) -> Iterator[Difference]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        yield from differences(before, after, (*path, key))


def _in_lists(old: list[Any], new: list[Any], path: Path) -> Iterator[Difference]:
    key = naming_key(old, new)
    if key is not None:
        yield from _in_named(named(old, key), named(new, key), path, key)
    elif len(old) == len(new) and all(isinstance(item, Mapping) for item in [*old, *new]):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, (*path, index))
    elif not same(old, new):
        yield Difference(path, old, new)


def _in_named(
    old: Mapping[str | int, Any], new: Mapping[str | int, Any], path: Path, key: str
) -> Iterator[Difference]:
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(name, ABSENT), new.get(name, ABSENT)
        yield from differences(before, after, (*path, Item(key, name)))
    kept = [name for name in old if name in new]
    left = [*kept, *(name for name in new if name not in old)]
    if left != list(new) and _order_acts(path, new):
        yield Difference((*path, Order(key)), left, list(new))


def _order_acts(path: Path, items: Mapping[str | int, Any]) -> bool:
    if path and path[-1] == "initContainers":
        return True
    return (
        bool(path)
        and path[-1] == "env"
        and any("$(" in str(v.get("value")) for v in items.values())
    )


def _names(items: Sequence[Any], key: str) -> bool:
    values = [_value(item, key) for item in items]
    fit = all(isinstance(v, (str, int)) and not isinstance(v, bool) for v in values)
    return fit and len(set(values)) == len(values)


def _value(item: Any, key: str) -> Any:
    for part in key.split("."):
        item = cast("Any", item).get(part) if isinstance(item, Mapping) else None
    return item
