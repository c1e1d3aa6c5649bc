"""A resource's outputs in a recording: there at once, translated when they are first read.

The SDK decodes and translates every output of every resource, four futures and a task for each. A
program reads a name here and an address there. What is read is decoded and translated by the
SDK's own functions, so it has the types, the names and the marks of a secret that it has there.
"""

import asyncio
import functools
import importlib
from collections.abc import Generator, Mapping
from typing import Any, cast

import pulumi
from google.protobuf.struct_pb2 import Struct

_rpc: Any = importlib.import_module("pulumi.runtime.rpc")  # private in part, as what follows
_types: Any = importlib.import_module("pulumi._types")


class Answers:
    """The outputs of one resource, all of which wait for one answer."""

    def __init__(self, resource: pulumi.Resource, inputs_type: type | None) -> None:
        self.resource = resource
        self._typed = inputs_type is not None
        self._there: asyncio.Future[None] = asyncio.Future()
        self._raw: dict[str, tuple[str, Any, bool]] = {}
        self._known: dict[str, tuple[Any, bool]] = {}

    def output(self, name: str) -> pulumi.Output[Any]:
        """One of them, by Python's name."""
        found: Any = object.__new__(cast("Any", pulumi.Output))
        found._data = _Answer(self, name)  # noqa: SLF001 - all that an output consists of
        return found

    def arrive(
        self, urn: str, identity: str, inputs: Mapping[str, Any], made: Mapping[str, Any]
    ) -> None:
        """What was made; where it says nothing else, an input is the output of the same name."""
        for given, values in ((True, inputs), (False, made)):
            for key, value in values.items():
                self._raw[self._named(key)] = key, value, given
        self._known = {"urn": (urn, False), "id": (identity, False)}
        self._there.set_result(None)

    def fail(self, error: Exception) -> None:
        """Raise it wherever one of them is awaited; nobody need await one."""
        self._there.set_exception(error)
        self._there.exception()

    @property
    def there(self) -> bool:
        """Whether the resource is made: then it waits for nothing."""
        return self._there.done() and self._there.exception() is None

    def wait(self) -> Generator[Any]:
        """Until there is an answer."""
        return self._there.__await__()

    def read(self, name: str) -> tuple[Any, bool]:
        """An output's value, and whether it is secret."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: str) -> tuple[Any, bool]:
        if name not in self._raw:
            return None, False
        key, value, given = self._raw[name]
        wire = Struct()
        wire[key] = value
        found = _rpc.translate_output_properties(
            _rpc.deserialize_property(wire[key], not given),
            _same if self._typed else self.resource.translate_output_property,
            _output_types(type(self.resource)).get(key),
            self._typed,
            path=_rpc._Path(name, resource=_named(self.resource)),  # noqa: SLF001 - see above
            return_none_on_dict_type_mismatch=given,
        )
        return _rpc.unwrap_rpc_secret(found), _rpc.is_rpc_secret(found)

    def _named(self, key: str) -> str:
        if self._typed:
            return _output_names(type(self.resource)).get(key) or key
        return self.resource.translate_output_property(key)


def answers_of(resource: pulumi.Resource) -> Answers | None:
    """Those of a resource that was registered in this way."""
    data = resource.__dict__["urn"]._data  # noqa: SLF001 - as `output` makes one
    return data.of if isinstance(data, _Answer) else None


class _Answer:
    """What an output waits for and then consists of; has the attributes of the SDK's own."""

    __slots__ = ("_name", "_resources", "of")
    is_known = True

    def __init__(self, of: Answers, name: str) -> None:
        self.of = of
        self._name = name
        self._resources: set[pulumi.Resource] | None = None

    def __await__(self) -> "Generator[Any, Any, _Answer]":
        yield from self.of.wait()
        return self

    @property
    def resources(self) -> set[pulumi.Resource]:
        """Where it comes from; the SDK adds to it."""
        if self._resources is None:
            self._resources = {self.of.resource}
        return self._resources

    @property
    def value(self) -> Any:
        """What the program reads."""
        return self.of.read(self._name)[0]

    @property
    def is_secret(self) -> bool:
        """Whether what is derived from it is secret as well."""
        return self.of.read(self._name)[1]


def _same(name: str) -> str:
    return name


def _named(resource: pulumi.Resource) -> str:
    return str(cast("Any", resource)._name)  # noqa: SLF001 - has no public form


@functools.cache
def _output_names(kind: type) -> dict[str, str]:
    return _types.resource_pulumi_to_py_names(kind)


@functools.cache
def _output_types(kind: type) -> dict[str, Any]:
    return _types.resource_types(kind)
