"""What a plan's objects have in common, so that a change of a default is one line.

Fields are alike when path, old and new value are alike after the object's own name is taken out of
them: `ghcr.io/manpasik/auth-service:v1` and `ghcr.io/manpasik/user-service:v1` are one change.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, cast

from rendering import dangers
from rendering.dangers import Rank
from rendering.differences import ABSENT, HIDDEN, Hidden, Item, dotted
from rendering.plan import Action, Affected, Change, Plan

_BARE = re.compile(r"[A-Za-z_./{][A-Za-z0-9_./:@+{} -]*(?<! )")
_WORDS = {"true", "false", "null", "yes", "no"}
_OWN = "{name}"
_CHECKSUM = "/checksum"
"""How the annotations end that hold a digest of values: each object's is another."""
_PLURAL = {"NetworkPolicy": "NetworkPolicies", "StorageClass": "StorageClasses",
           "PriorityClass": "PriorityClasses", "IngressClass": "IngressClasses",
           "Ingress": "Ingresses", "Deployment": "services"}  # fmt: skip
_SINGULAR = {"Deployment": "service"}


@dataclass(frozen=True)
class Field:
    """A field as it is shown."""

    path: str
    old: str
    new: str

    @property
    def opaque(self) -> bool:
        """Whether the values say nothing: they are secret, or digests."""
        return self.old == self.new


@dataclass(frozen=True)
class Group:
    """Objects to which the same would happen."""

    rank: Rank
    action: Action
    danger: str
    members: tuple[Affected, ...]
    fields: tuple[Field, ...]

    @property
    def dangerous(self) -> bool:
        """Whether it is to be read first."""
        return self.rank <= dangers.DANGEROUS

    @property
    def who(self) -> list[str]:
        """Number and names, a line per kind: `23 services: admin-service, …`."""
        by_kind: dict[str, list[str]] = {}
        alone = len(self.members) == 1
        for member in self.members:
            by_kind.setdefault(member.kind, []).append(_called(member, alone=alone))
        return [f"{_counted(kind, len(names))}: {', '.join(names)}"
                for kind, names in sorted(by_kind.items())]  # fmt: skip


_Key = tuple[Rank, Action, str]
_Found = list[tuple[int, Change]]
"""Changes with the place of their object in the plan."""


def groups(plan: Plan) -> list[Group]:
    """The plan by what its objects have in common, in the plan's own order of dangers."""
    alike: dict[tuple[_Key, Field], _Found] = {}
    whole: dict[_Key, list[Affected]] = {}
    for place, each in enumerate(plan.affected):
        if each.action in ("create", "delete"):
            whole.setdefault((each.rank, each.action, each.danger), []).append(each)
        for change in each.changes:
            if each.renamed_from and change.path == ("metadata", "name"):
                continue
            key = (change.rank, each.action, change.danger)
            shown = _field(each, change, own=False)
            alike.setdefault((key, shown), []).append((place, change))
    result = [Group(*key, tuple(members), ()) for key, members in whole.items()]
    result += _together(plan, alike)
    return sorted(result, key=lambda group: (group.rank, group.action, -len(group.members)))


def _together(plan: Plan, alike: Mapping[tuple[_Key, Field], _Found]) -> list[Group]:
    """The fields that change in the same objects, under one head."""
    together: dict[tuple[_Key, tuple[int, ...]], list[Field]] = {}
    for (key, shown), found in alike.items():
        places = tuple(dict.fromkeys(place for place, _ in found))
        fields = [shown]
        if len(places) == 1:
            fields = [_field(plan.affected[place], change, own=True) for place, change in found]
        together.setdefault((key, places), []).extend(fields)
    return [
        Group(*key, tuple(plan.affected[place] for place in places), tuple(fields))
        for (key, places), fields in together.items()
    ]


def plain(value: Any) -> Any:
    """A value for a reader: no mark of a secret in it."""
    if value is ABSENT:
        return None
    if isinstance(value, Hidden):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [plain(entry) for entry in cast("list[Any]", value)]
    return value


def _field(each: Affected, change: Change, *, own: bool) -> Field:
    last = change.path[-1] if change.path else ""
    if (
        isinstance(last, str)
        and last.endswith(_CHECKSUM)
        and ABSENT not in (change.old, change.new)
    ):
        old = new = "(a checksum of values)"
    else:
        old, new = _shown_pair(change.old, change.new)
    if own:
        return Field(_printable(dotted(change.path)), old, new)
    mine = _names(each)
    path = tuple(
        Item(step.key, _OWN) if isinstance(step, Item) and step.value in mine else step
        for step in change.path
    )
    return Field(_printable(dotted(path)), _without(mine, old), _without(mine, new))


def _names(each: Affected) -> list[str]:
    own = {each.subject, each.name, each.subject.removesuffix("-migration")}
    return sorted(own, key=lambda name: (-len(name), name))


def _without(names: list[str], text: str) -> str:
    """The object's own names taken out; a longer name that contains one stays."""
    for name in names:
        text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", _OWN, text)
    return text


def _shown_pair(old: Any, new: Any) -> tuple[str, str]:
    """Both values; of long texts and lists what differs between them."""
    if not (_long(old) and _long(new)):
        return _shown(old), _shown(new)
    a, b = _lines(old), _lines(new)
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    return _part(a, start, end), _part(b, start, end)


def _common(a: list[str], b: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def _part(lines: list[str], start: int, end: int) -> str:
    middle = [_printable(line.strip()) for line in lines[start : len(lines) - end]]
    before, after = ["…"] if start else [], ["…"] if end else []
    return " ⏎ ".join([*before, *middle, *after])


def _long(value: Any) -> bool:
    if isinstance(value, list):
        return not any(isinstance(item, (Mapping, list, Hidden)) for item in cast("Any", value))
    return isinstance(value, str) and "\n" in value


def _lines(value: Any) -> list[str]:
    if isinstance(value, list):
        return [line for item in cast("list[Any]", value) for line in str(item).splitlines()]
    return str(value).splitlines()


def _shown(value: Any) -> str:
    if value is ABSENT:
        return "(absent)"
    if isinstance(value, Hidden):
        return HIDDEN
    if isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _printable(json.dumps(plain(value), ensure_ascii=False, sort_keys=True, default=str))


def _printable(text: str) -> str:
    """Text from files and clusters steers no terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _called(member: Affected, *, alone: bool) -> str:
    """A Job among others by its purpose: the digest in its name tells nothing."""
    name = _printable(member.name)
    if not member.renamed_from:
        return name
    return f"{_printable(member.renamed_from)} → {name}" if alone else name.rpartition("-")[0]


def _counted(kind: str, count: int) -> str:
    shown = _printable(kind)
    if count == 1:
        return f"1 {_SINGULAR.get(kind, shown)}"
    return f"{count} {_PLURAL.get(kind, shown + 's')}"
