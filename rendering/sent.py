"""A resource's inputs as the engine would receive them, in plain data and without its wire format.

The SDK takes every value through a coroutine of its own, then into protobuf and back. Here plain
data is walked at once, with the SDK's own tables of names and types; only what must be waited for
is, and whatever is none of that (assets, resources, enums, what no engine takes) the SDK sends.
"""

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's own mark of a secret value
Translate = Callable[[str], str]
_types: Any = importlib.import_module("pulumi._types")  # private, as what follows
_rpc: Any = importlib.import_module("pulumi.runtime.rpc")
_AS_IT_IS = frozenset({str, bool, type(None)})
_EXACT = 2**53
"""Beyond it a double, which is the engine's only number, no longer holds every integer."""
_Waiting = list[tuple[Any, Any, Any, Any]]
"""Where a value belongs (a container and the key in it), the value, and the type wanted there."""


async def sent(
    inputs: Mapping[str, Any],
    found: list[pulumi.Resource],
    wanted: type | None,
    translate: Translate | None,
) -> dict[str, Any]:
    """The inputs under the engine's names; the resources that outputs come from go to `found`.

    `wanted` is the inputs' own type; without one `translate` gives the names.
    """
    names, types = _names(wanted) if wanted else ({}, {})
    whole: dict[str, Any] = {}
    waiting: _Waiting = []
    for name in inputs:
        key = names.get(name) or name if wanted else _translated(name, translate)
        _put(whole, key, inputs[name], types.get(key), translate, waiting)
    await _all(waiting, found, translate)
    return {key: value for key, value in whole.items() if value is not None}


async def _all(
    waiting: _Waiting, found: list[pulumi.Resource], translate: Translate | None
) -> None:
    for container, key, value, wanted in waiting:
        container[key] = await _awaited(value, found, wanted, translate)


async def _awaited(
    value: Any, found: list[pulumi.Resource], wanted: Any, translate: Translate | None
) -> Any:
    """What an output holds, marked where it is secret; the SDK's answer for all that is not one."""
    data: Any = await cast("Any", value)._data if isinstance(value, pulumi.Output) else None  # noqa: SLF001 - see above
    if data is None or not data.is_known:
        return _through_the_wire(
            await _rpc.serialize_property(value, found, None, None, translate, wanted)
        )
    within: list[pulumi.Resource] = []
    holder: list[Any] = [None]
    waiting: _Waiting = []
    _put(holder, 0, data.value, wanted, translate, waiting)
    await _all(waiting, within, translate)
    # Whoever derives a value from this one depends on what is within it as well.
    data.resources.update(within)
    found.extend(data.resources)
    return {SIGNATURE: SECRET_SIGNATURE, "value": holder[0]} if data.is_secret else holder[0]


def _put(
    container: Any,
    key: Any,
    value: Any,
    wanted: Any,
    translate: Translate | None,
    waiting: _Waiting,
) -> None:
    """Give the container the value in plain data, or the list of what waits where it belongs."""
    kind = cast("Any", type(value))
    if kind in _AS_IT_IS or (kind is int and -_EXACT <= value <= _EXACT):
        container[key] = value
    elif kind is dict:
        _put_mapping(container, key, value, wanted, translate, waiting)
    elif kind in (list, tuple):
        element = _rpc._get_list_element_type(_unwrapped(wanted))  # noqa: SLF001 - see above
        container[key] = values = [None] * len(value)
        for index, each in enumerate(value):
            _put(values, index, each, element, translate, waiting)
    elif (fields := _fields(kind)) is not None:
        container[key] = entries = cast("dict[str, Any]", {})
        for name, each in value.__dict__.items():
            if each is not None and name in fields:
                field, typ = fields[name]
                _put(entries, field, each, typ, translate, waiting)
    else:
        container[key] = None
        waiting.append((container, key, value, wanted))


def _put_mapping(
    container: Any,
    key: Any,
    value: dict[Any, Any],
    wanted: Any,
    translate: Translate | None,
    waiting: _Waiting,
) -> None:
    shape = _shape(_unwrapped(wanted))
    if shape is None or not all(type(name) is str for name in value):
        container[key] = None
        waiting.append((container, key, value, wanted))
        return
    names, types, every = shape
    container[key] = entries = cast("dict[str, Any]", {})
    for name, each in value.items():
        field = _translated(name, translate) if names is None else names.get(name) or name
        _put(entries, field, each, every or types.get(field), translate, waiting)


def _translated(name: str, translate: Translate | None) -> str:
    return translate(name) if translate else name


def _through_the_wire(value: Any) -> Any:
    """What is left of a value that the SDK has prepared once it has been in protobuf."""
    wire = Struct()
    wire["value"] = value
    return MessageToDict(wire)["value"]


def _unwrapped(wanted: Any) -> Any:
    found = _types.unwrap_type(wanted) if wanted else None
    return None if found is Any else found


@functools.cache
def _names(wanted: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """Of a type of inputs the engine's names by Python's, and the types by the engine's."""
    return _types.input_type_py_to_pulumi_names(wanted), _types.input_type_types(wanted)


@functools.cache
def _fields(kind: Any) -> Mapping[str, tuple[str, Any]] | None:
    """Of a type of inputs the engine's name and the type of each attribute; None of any other."""
    if not _types.is_input_type(kind) or issubclass(kind, dict):
        return None
    names, types = _names(kind)
    return {name: (key, types.get(key)) for name, key in names.items()}


@functools.cache
def _shape(wanted: Any) -> tuple[dict[str, str] | None, dict[str, Any], Any] | None:
    """How a dict's keys are named where the type is wanted: names, types, or one type for all.

    Names of None leave them to the resource; no shape, the choice to the SDK.
    """
    if wanted is None:
        return None, {}, None
    if _types._wire_union_members(wanted) is not None:  # noqa: SLF001 - see above
        return None
    if _types.is_input_type(wanted):
        return (*_names(wanted), None)
    if getattr(wanted, "__origin__", wanted) in (dict, Mapping):
        arguments: tuple[Any, ...] = getattr(wanted, "__args__", ())
        return ({}, {}, arguments[1]) if arguments[:1] == (str,) else None
    return {}, {}, None
