"""Comments on scripted changes: the objects of every stack, and ways to change them as data."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

from markdown_it import MarkdownIt

from rendering.comment import Comment, StackChange, comment
from rendering.hiding import hidden
from rendering.marked import beside
from rendering.plan import plan
from tests.support.clouds import whole
from tests.support.plans import KEY
from tests.support.plans import objects as objects_of
from tests.support.recording import STACKS

Objects = list[dict[str, Any]]
Edit = Callable[[str, Objects], Objects | None]
"""Changes a stack's objects in place, or gives others."""


@cache
def _before(stack: str) -> Objects:
    return objects_of(stack)


@cache
def cloud_objects(stack: str, cloud: str) -> Objects:
    """What a stack rents from a cloud, as a plan takes it."""
    return hidden(beside(whole(stack, cloud)), KEY)


def change_of(stack: str, edit: Edit, *also: dict[str, Any]) -> StackChange:
    """What that change of a stack's objects comes to."""
    before = [*_before(stack), *also] if stack in STACKS else []
    after = copy.deepcopy(before)
    after = edit(stack, after) or after
    found = plan(before, after, stack=stack, against="main (0123456789)")
    return StackChange(stack=stack, plan=found)


def all_of(edit: Edit, *more: str) -> list[StackChange]:
    """The same in every stack, and in some that are new."""
    return [change_of(stack, edit) for stack in (*STACKS, *more)]


def told(changes: list[StackChange]) -> Comment:
    """The comment on them."""
    return comment(changes, base="main")


def as_html(text: str) -> str:
    """As a reader sees it."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


def each(kind: str, do: Callable[[dict[str, Any]], object], *stacks: str) -> Edit:
    """Do something to every object of a kind."""

    def edit(stack: str, found: Objects) -> None:
        for content in found:
            if content["kind"] == kind and stack in (stacks or STACKS):
                do(content)

    return edit


def one(kind: str, name: str, do: Callable[[dict[str, Any]], object]) -> Edit:
    """Do something to one object."""
    return each(kind, lambda content: content["metadata"]["name"] == name and do(content))


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Set what stands at `a/b/0/c`; None takes it away."""
    *way, last = path.split("/")

    def do(content: Any) -> None:
        for step in way:
            content = content[int(step)] if step.isdigit() else content.setdefault(step, {})
        key = int(last) if last.isdigit() else last
        if value is None:
            content.pop(key, None)
        else:
            content[key] = value

    return do


def without(kind: str, name: str = "") -> Edit:
    """Take objects away."""
    return lambda _, found: [
        c for c in found if c["kind"] != kind or (name and c["metadata"]["name"] != name)
    ]


def without_service(name: str) -> Edit:
    """Take all of a service away."""
    label = "app.kubernetes.io/name"

    def edit(_: str, found: Objects) -> Objects:
        return [c for c in found if (c["metadata"].get("labels") or {}).get(label) != name]

    return edit


def times(count: int) -> Edit:
    """A catalogue of so many times the services."""

    def edit(_: str, found: Objects) -> Objects:
        more = copy.deepcopy(found)
        for number in range(1, count):
            for content in copy.deepcopy(found):
                content["metadata"]["name"] += f"-{number}"
                more.append(content)
        return more

    return edit
