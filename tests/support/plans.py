"""Plans between two states of the program, and what a plan's changes make of an object."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from rendering import manifests, record
from rendering.differences import ABSENT, Difference, Item, Order
from rendering.hiding import hidden, secret_texts
from rendering.plan import Plan, plan
from settings import load
from tests.support.recording import recorded

KEY = b"a test's own key"


def objects(stack: str = "dev") -> list[dict[str, Any]]:
    """The stack's objects as a plan takes them."""
    return hidden([manifest.content for manifest in manifests(recorded(stack))], KEY)


def with_stack(**changes: Any) -> list[dict[str, Any]]:
    """The objects of dev after a change of its stack file."""
    stack = load("dev").stack.model_dump(mode="json", exclude_defaults=True) | changes
    return hidden([m.content for m in manifests(record(load("dev", stack)))], KEY)


def between(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> Plan:
    """The plan from the one to the other."""
    return plan(old, new, stack="dev", against="before")


def of_open(old: list[Any], new: list[Any]) -> Plan:
    """The plan of objects whose secrets lie open, as files and clusters give them."""
    known = secret_texts([*old, *new])
    return between(hidden(old, KEY, known), hidden(new, KEY, known))


def changed(kind: str, **spec: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object of a kind with an empty specification, and one with that."""
    versions = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1"}
    metadata = {"name": "one", "namespace": "somewhere"}
    old = {"apiVersion": versions.get(kind, "v1"), "kind": kind, "metadata": metadata}
    return {**old, "spec": {}}, {**old, "spec": spec}


def pair(kind: str, old: Any, new: Any) -> Plan:
    """The plan of one object whose specification changes."""
    return between([changed(kind, **old)[1]], [changed(kind, **new)[1]])


def applied(value: Any, found: Iterable[Difference]) -> Any:
    """A value with the differences made: an independent reading of what they say."""
    root = {"": copy.deepcopy(value)}
    for each in found:
        _apply(root, ("", *each.path), each.new)
    return root[""]


def _apply(at: Any, path: tuple[Any, ...], new: Any) -> None:
    step, rest = path[0], path[1:]
    if isinstance(step, Order):
        by_name = {_name(item, step.key): item for item in at}
        at[:] = [by_name[name] for name in new]
        return
    if isinstance(step, Item):
        step = next((i for i, e in enumerate(at) if _name(e, step.key) == step.value), len(at))
    if rest:
        _apply(at[step], rest, new)
    elif new is ABSENT:
        del at[step]
    elif isinstance(at, list) and step == len(at):
        at.append(new)
    else:
        at[step] = new


def _name(item: Any, key: str) -> Any:
    for part in key.split("."):
        item = item[part]
    return item
