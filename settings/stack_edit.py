"""Setting single values in the text of a stack's file, so that everything else stays as it was.

A file that people write has comments and an order of theirs; writing it anew as data loses both.
"""

import json
from collections.abc import Sequence
from typing import Any, cast

import yaml


class UneditableError(Exception):
    """The text has a form in which the value cannot be set safely."""


def with_value(text: str, way: Sequence[str], value: str) -> str:
    """The text with `value` at the end of the way; missing mappings on the way are made."""
    root = cast("object", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    if not isinstance(root, yaml.MappingNode):
        raise UneditableError("the file holds no mapping")
    edited = _put(text, root, list(way), value)
    if yaml.safe_load(edited) != _expected(yaml.safe_load(text), way, value):
        raise UneditableError(f"{'.'.join(way)} cannot be set in the form the file has; set it")
    return edited


def _put(text: str, node: yaml.MappingNode, way: list[str], value: str) -> str:
    key, *rest = way
    found = next((v for k, v in node.value if k.value == key), None)
    if found is None:
        return _insert(text, node, f"{key}: {_flow(rest, value)}")
    if not rest:
        return _replace(text, found, _scalar(value))
    if isinstance(found, yaml.MappingNode):
        return _put(text, found, rest, value)
    return _replace(text, found, _flow(rest, value))


def _replace(text: str, node: yaml.Node, new: str) -> str:
    return text[: node.start_mark.index] + new + text[node.end_mark.index :]


def _insert(text: str, node: yaml.MappingNode, entry: str) -> str:
    if node.flow_style or not node.value:
        comma = ", " if node.value else ""
        at = node.start_mark.index + 1
        return f"{text[:at]}{entry}{comma}{text[at:]}"
    keys = [key for key, _ in node.value]
    indent = " " * keys[0].start_mark.column
    if len(keys) > 1:
        at = keys[1].start_mark.index
        return f"{text[:at]}{entry}\n{indent}{text[at:]}"
    at = keys[0].start_mark.index
    return f"{text[:at]}{entry}\n{indent}{text[at:]}"


def _flow(way: Sequence[str], value: str) -> str:
    if not way:
        return _scalar(value)
    return f"{{{way[0]}: {_flow(way[1:], value)}}}"


def _scalar(value: str) -> str:
    """Plain where every reader takes it for text."""
    return value if yaml.safe_load(value) == value else json.dumps(value)


def _expected(content: Any, way: Sequence[str], value: str) -> Any:
    # What an alias names once is two places here: a change of both would go unseen.
    whole = json.loads(json.dumps(content, default=str))
    target = whole
    for step in way[:-1]:
        if not isinstance(target.get(step), dict):
            target[step] = {}
        target = target[step]
    target[way[-1]] = value
    return whole
