"""Pulumi's SDK as a recording needs it: without the work whose result no recording holds.

Private functions of the SDK are replaced, by name, so that a renamed one is an error at once.
`tests/rendering/test_sdk_modules.py` records every stack with and without, and finds no difference.
"""

import asyncio
import contextlib
import functools
import gc
import importlib
import itertools
from collections.abc import Callable, Generator
from typing import Any, cast
from unittest import mock

import pulumi
from pulumi.runtime import proto

from rendering.registration import register_resource

_FEW = 10
_RECORDINGS = itertools.count(1)
_types: Any = importlib.import_module("pulumi._types")  # private
_output: Any = pulumi.Output
_from_input_in_full = _output.from_input
_CONTAINERS = (dict, list, tuple)
_PLAIN = frozenset({str, bool, int, float, type(None)})
_unwrap_type = functools.cache(_types.unwrap_type)
_unwrap_optional_type = functools.cache(_types.unwrap_optional_type)


@contextlib.contextmanager
def nothing_in_vain() -> Generator[None]:
    """Leave out what takes about a third of a recording's time (docs/performance.md)."""
    where = cast("Any", proto.resource_pb2.RegisterResourceRequest()).stackTrace
    instead: dict[str, Any] = {
        # Where in the source a resource was made: read by the engine's errors alone.
        "pulumi.runtime.resource._get_stack_trace": lambda: where,
        # The URN in a world without a monitor, computed for every resource, used by none.
        "pulumi.runtime.resource.create_urn": _no_urn,
        # Without requests and answers in the wire's format, of which a recording needs none.
        "pulumi.resource.register_resource": register_resource,
        # Former names of a resource, as outputs: for engines that cannot work them out.
        "pulumi.resource.collapse_alias_to_urn": _no_urn,
        # An output of plain data is resolved; the SDK makes one of each value and joins them again.
        "pulumi.output.Output.from_input": staticmethod(_from_input),
        # Nothing is unknown, since nothing is previewed; each value is searched at every step.
        "pulumi.output.contains_unknowns": _nothing_unknown,
        # The monitor answers at once; a thread for each question only costs.
        "asyncio.base_events.BaseEventLoop.run_in_executor": _at_once,
        # Of the same few thousand annotations it is asked again and again what they wrap.
        "pulumi._types.unwrap_type": _unwrap_type,
        "pulumi._types.unwrap_optional_type": _unwrap_optional_type,
    }
    with contextlib.ExitStack() as patches:
        for target, new in instead.items():
            patches.enter_context(mock.patch(target, new))
        yield


def _from_input(value: Any) -> Any:
    plain = type(value) in _CONTAINERS and _is_plain(value)
    if not plain:
        return _from_input_in_full(value)
    return _output._from_input_shallow(_copied(value))  # noqa: SLF001 - what the SDK makes of a leaf


def _is_plain(value: Any) -> bool:
    kind = cast("Any", type(value))
    if kind is dict:
        entries = cast("dict[Any, Any]", value).items()
        return all(type(key) is str and _is_plain(each) for key, each in entries)
    return kind in _PLAIN or (kind in (list, tuple) and all(map(_is_plain, value)))


def _copied(value: Any) -> Any:
    kind = cast("Any", type(value))
    if kind is dict:
        return {key: _copied(each) for key, each in cast("dict[Any, Any]", value).items()}
    return cast("Any", kind(map(_copied, value)) if kind in (list, tuple) else value)


def _no_urn(*_: object) -> "_NoUrn":
    return _NO_URN


def _nothing_unknown(_: object) -> bool:
    return False


class _NoUrn:
    """An output that is there, and empty."""

    async def future(self) -> str:
        return ""


_NO_URN = _NoUrn()


def _at_once(
    loop: asyncio.BaseEventLoop, _executor: object, ask: Callable[..., Any], *arguments: object
) -> "asyncio.Future[Any]":
    answer = loop.create_future()
    try:
        answer.set_result(ask(*arguments))
    except Exception as error:  # noqa: BLE001 - whoever awaits the answer raises it
        answer.set_exception(error)
    return answer


def forget_the_rest() -> None:
    """Stop what a recording that failed has begun: it would end in the next one, and fail it."""
    loop = asyncio.get_event_loop()
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


@contextlib.contextmanager
def no_collection() -> Generator[None]:
    """Look for no garbage among a million objects that live to the end of the recording.

    What a recording leaves (about 10 MB) is set aside: a process that records a few stacks ends
    before anything is freed, and freeing costs a quarter of a recording. One that records more
    frees it all at the tenth, sets aside what it holds itself, and from then on Python frees what
    each recording leaves, without a look at the rest.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        recorded = next(_RECORDINGS)
        if recorded == _FEW:
            gc.unfreeze()
            gc.collect()
        if recorded <= _FEW:
            gc.freeze()
        if was_enabled:
            gc.enable()
