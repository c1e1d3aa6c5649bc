"""What would happen to a cluster: two lists of plain objects become a typed plan.

Pure: no file, no cluster, no secret. Objects arrive with their secrets hidden (`hiding.py`).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from rendering import dangers
from rendering.dangers import Rank
from rendering.differences import Difference, Hidden, Path, differences

Action = Literal["create", "change", "replace", "delete"]
Object = Mapping[str, Any]
_NAME_LABEL = "app.kubernetes.io/name"
# `settings.names.job` ends a Job's name in a digest of what it does: another content, another Job.
_DIGEST = re.compile(r"-[0-9a-f]{10}$")
_NAME: Path = ("metadata", "name")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field of an object that would have another value."""

    path: Path
    old: Any = field(repr=False)
    new: Any = field(repr=False)
    rank: Rank
    danger: str = ""
    """Why a person should look at it first."""


@dataclass(frozen=True, kw_only=True)
class Affected:
    """One object that something would happen to."""

    action: Action
    kind: str
    namespace: str
    name: str
    subject: str
    """Whose object it is: the service or store, by its label."""
    rank: Rank
    danger: str = ""
    renamed_from: str = ""
    """A replaced Job has another name."""
    changes: tuple[Change, ...] = ()

    @property
    def dangerous(self) -> bool:
        """Whether the object as a whole, or a field of it, is in danger."""
        return min([self.rank, *(each.rank for each in self.changes)]) <= dangers.DANGEROUS


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would happen to a stack's objects, the dangerous first."""

    stack: str
    against: str
    affected: tuple[Affected, ...]
    cannot_know: tuple[str, ...] = ()
    monthly: tuple[float, float] | None = None
    """List prices in US dollars a month, before and after; None where one of them is unknown."""

    @property
    def empty(self) -> bool:
        """Whether nothing would happen."""
        return not self.affected

    def count(self, action: Action) -> int:
        """How many objects that would happen to."""
        return sum(each.action == action for each in self.affected)


def plan(
    old: Iterable[Object],
    new: Iterable[Object],
    *,
    stack: str,
    against: str,
    cannot_know: Sequence[str] = (),
) -> Plan:
    """What leads from the old objects to the new ones."""
    before = {_identity(content): content for content in old}
    after = {_identity(content): content for content in new}
    gone = {key: before[key] for key in before.keys() - after.keys()}
    come = {key: after[key] for key in after.keys() - before.keys()}
    found = [_kept(before[key], after[key]) for key in sorted(before.keys() & after.keys())]
    for left, right in _renamed(gone, come):
        found.append(_replaced(gone.pop(left), come.pop(right)))
    found += [_deleted(content) for _, content in sorted(gone.items(), key=_first)]
    found += [_created(content) for _, content in sorted(come.items(), key=_first)]
    affected = sorted((each for each in found if each is not None), key=_order)
    return Plan(
        stack=stack, against=against, affected=tuple(affected), cannot_know=tuple(cannot_know)
    )


def _kept(old: Object, new: Object) -> Affected | None:
    # Almost all are alike to the letter, and C sees that ten times as fast.
    found = [] if _letters(old) == _letters(new) else list(differences(old, new))
    if not found:
        return None
    kind = str(new["kind"])
    fixed = [each for each in found if dangers.needs_replacement(kind, old, each)]
    if fixed:
        return _affected("replace", new, Rank.REPLACED, "cannot change in place", found)
    rank, danger = dangers.change(kind)
    return _affected("change", new, rank, danger, found)


def _letters(content: Object) -> str:
    return json.dumps(content, default=lambda hidden: ["hidden", cast(Hidden, hidden).mark])


def _replaced(old: Object, new: Object) -> Affected:
    found = differences(old, new)
    name = str(old["metadata"]["name"])
    return _affected("replace", new, Rank.JOB_REPLACED, "runs again", found, renamed_from=name)


def _deleted(old: Object) -> Affected:
    rank, danger = dangers.deletion(str(old["kind"]))
    return _affected("delete", old, rank, danger)


def _created(new: Object) -> Affected:
    opened = dangers.opened(new)
    return _affected("create", new, Rank.LOOSENED if opened else Rank.CREATED, opened)


def _affected(
    action: Action,
    content: Object,
    rank: Rank,
    danger: str,
    found: Iterable[Difference] = (),
    *,
    renamed_from: str = "",
) -> Affected:
    metadata: Mapping[str, Any] = content["metadata"]
    labels: Mapping[str, Any] = metadata.get("labels") or {}
    name = str(metadata["name"])
    return Affected(
        action=action,
        kind=str(content["kind"]),
        namespace=str(metadata.get("namespace") or ""),
        name=name,
        subject=str(labels.get(_NAME_LABEL, name)),
        rank=rank,
        danger=danger,
        renamed_from=renamed_from,
        changes=tuple(_change(each, rank, danger) for each in found),
    )


def _change(difference: Difference, rank: Rank, danger: str) -> Change:
    loosened = dangers.loosened(difference)
    if loosened and rank >= Rank.LOOSENED:
        rank = Rank.LOOSENED
    return Change(
        path=difference.path,
        old=difference.old,
        new=difference.new,
        rank=rank,
        danger=", ".join(filter(None, [loosened, danger])),
    )


def _renamed(
    gone: Mapping[tuple[str, ...], Object], come: Mapping[tuple[str, ...], Object]
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Jobs that differ in the digest of their name alone."""
    old, new = _by_purpose(gone), _by_purpose(come)
    both = sorted(old.keys() & new.keys())
    return [(old[key][0], new[key][0]) for key in both if len(old[key]) == 1 and len(new[key]) == 1]


def _by_purpose(
    contents: Mapping[tuple[str, ...], Object],
) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for key in sorted(contents):
        group, kind, namespace, name = key
        if kind == "Job" and _DIGEST.search(name):
            found.setdefault((group, namespace, _DIGEST.sub("", name)), []).append(key)
    return found


def _identity(content: Object) -> tuple[str, ...]:
    metadata = content["metadata"]
    group, _, _ = str(content["apiVersion"]).rpartition("/")
    return group, str(content["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"])


def _first(entry: tuple[tuple[str, ...], Object]) -> tuple[str, ...]:
    return entry[0]


def _order(affected: Affected) -> tuple[Any, ...]:
    first = min([affected.rank, *(each.rank for each in affected.changes)])
    return first, affected.kind, affected.namespace, affected.name
