"""Runs the real `__main__.py` under mocks and records each resource it registers.

What the engine would receive is kept as plain data: canonical integers, secrets marked, and the
edges between resources, so that a deployment without the engine keeps the program's own order.
An unknown function call is an error, never an empty answer.
"""

import contextlib
import json
import os
import runpy
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest import mock

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import mocks, proto
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import get_root_resource

from rendering import computed, sdk, sdk_modules, told
from rendering.registration import Asked, Made
from rendering.sent import SECRET_SIGNATURE, SIGNATURE
from settings.loader import ROOT, STACK_KEY, Settings, secret_names
from settings.problems import SettingsError
from settings.secrets import stand_ins
from settings.variables import required_secrets

PROJECT = "manpasik"
# Derives the passwords of a recording that nobody deploys. Public: nothing real comes of it.
RECORDING_SEED = "a recording is not a deployment"
SECRET_SHOWN = "[secret]"  # noqa: S105 - what stands in a secret's place
_REFERENCE = "pulumi:pulumi:StackReference"
_STACK = "pulumi:pulumi:Stack"
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One resource as the engine would have received it."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    """Plain data; a secret is a `Secret`."""
    parent: str
    dependencies: frozenset[str]
    """URNs of what must be made, and be ready, before it."""
    protect: bool


@dataclass(frozen=True)
class Secret:
    """A value that the program marked as secret."""

    value: Any = field(repr=False)


class _Monitor(mocks.MockMonitor):
    """Takes the engine's place and keeps what it is sent."""

    def __init__(self, resource_mocks: mocks.Mocks) -> None:
        super().__init__(resource_mocks)
        self.recorded: list[Recorded] = []
        self.outputs: Mapping[str, Any] = {}

    def GetDeploymentInfo(self, request: object) -> Any:  # noqa: N802 - Pulumi's name
        """What this engine knows: no hooks, since nothing is made that could be waited for."""
        found: Any = super().GetDeploymentInfo(request)  # pyright: ignore[reportUnknownMemberType]
        found.supportedFeatures.remove(proto.resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS)
        return found

    def RegisterResource(self, request: proto.resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802 - Pulumi's name
        made = self.make(
            Asked(
                type=request.type,
                name=request.name,
                inputs=MessageToDict(request.object),
                parent=request.parent,
                dependencies=frozenset(request.dependencies),
                protect=request.protect,
            )
        )
        answer = proto.resource_pb2.RegisterResourceResponse(urn=made.urn, id=made.id)
        answer.object.update(made.outputs)
        return answer

    def make(self, asked: Asked) -> Made:
        """Keep a resource; Pulumi's rule makes the inputs the outputs, beside what is computed."""
        urn = str(self.make_urn(asked.parent, asked.type, asked.name))
        if asked.type != _STACK:
            self.recorded.append(
                Recorded(
                    urn=urn,
                    type=asked.type,
                    name=asked.name,
                    inputs=cast("dict[str, Any]", _plain(asked.inputs)),
                    parent=self._parent(asked.parent),
                    dependencies=asked.dependencies,
                    protect=asked.protect,
                )
            )
        outputs = computed.outputs(asked.type, asked.name, asked.inputs)
        return Made(urn=urn, id=f"{asked.name}-id", outputs=outputs)

    def _parent(self, urn: str) -> str:
        """The SDK keeps the first recording's stack: as a parent, it stands for this one."""
        if f"::{_STACK}::" not in urn:
            return urn
        return str(self.make_urn("", _STACK, f"{PROJECT}-{pulumi.get_stack()}"))


class _Mocks(mocks.Mocks):
    """Answers no question to the outside that the table does not answer."""

    def __init__(self, others: told.Told) -> None:
        self._others = others

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if args.typ == _REFERENCE:
            stack = str(args.resource_id).rpartition("/")[2]
            if stack not in self._others:
                raise pulumi.RunError(f'unknown stack "{args.resource_id}"')
            outputs = dict(self._others[stack])
            return args.resource_id, {"outputs": outputs, "secretOutputNames": []}
        raise NotImplementedError(
            f"the recorder meets no cluster, so it cannot look up {args.typ} {args.name}"
        )

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token in computed.ANSWERS:
            return dict(computed.ANSWERS[args.token]), []
        raise NotImplementedError(
            f"the recorder does not know the function {args.token}; teach it what it returns"
        )


def record(
    settings: Settings,
    *,
    secrets: Mapping[str, str] | None = None,
    seed: str = RECORDING_SEED,
    root: Path = ROOT,
    others: told.Told | None = None,
) -> list[Recorded]:
    """Every resource of a stack, sorted by URN.

    Without real secrets, those that the stack's file holds encrypted, or that nothing may generate,
    get values that only a recording has. `others` are the outputs of the stacks that it reads.
    """
    monitor = _recording(settings, secrets, seed, root, others)
    return sorted(monitor.recorded, key=lambda resource: resource.urn)


def outputs(settings: Settings, root: Path = ROOT) -> Mapping[str, Any]:
    """What a stack tells: operators, and the stacks that read it."""
    return _recording(settings, None, RECORDING_SEED, root, None).outputs


def _recording(
    settings: Settings,
    given: Mapping[str, str] | None,
    seed: str,
    root: Path,
    others: told.Told | None,
) -> _Monitor:
    if given is None:
        absent = secret_names(settings.stack_name, root)
        if settings.environment.secrets == "given":
            absent = sorted({*absent, *required_secrets(settings)})
        given = stand_ins(settings, absent, RECORDING_SEED)
    config = {
        STACK_KEY: settings.stack.model_dump_json(exclude_defaults=True),
        "manpasik:secrets": json.dumps(dict(given)),
        "manpasik:seed": seed,
    }
    sdk_modules.install()
    with _ONE_AT_A_TIME, _no_cluster(), sdk.no_collection(), sdk.nothing_in_vain():
        answers = _Mocks(told.regions(settings) if others is None else others)
        monitor = _Monitor(answers)
        mocks.set_mocks(
            answers, project=PROJECT, stack=settings.stack_name, preview=False, monitor=monitor
        )
        set_all_config(config, ["manpasik:secrets", "manpasik:seed"])
        _run(root, monitor)
    return monitor


def reveal(value: Any) -> Any:
    """Plain data with the secrets in the open: for the API server, never for a file."""
    return _replace(value, lambda secret: reveal(secret.value))


def redact(value: Any) -> Any:
    """Plain data that may be shown: `[secret]` in each secret's place, keys kept."""
    return _replace(value, lambda secret: _hidden(secret.value))


def _run(root: Path, monitor: _Monitor) -> None:
    def keep(values: Mapping[str, Any]) -> None:
        monitor.outputs = dict(values)

    @pulumi.runtime.test  # pyright: ignore[reportUnknownMemberType, reportUntypedFunctionDecorator]
    def program() -> pulumi.Output[None]:
        stack = cast("Any", get_root_resource())
        if stack:
            # The SDK keeps the first recording's stack: what that one told is not told again.
            stack.outputs.clear()
        runpy.run_path(str(root / "__main__.py"), run_name="__main__")
        stack = cast("Any", get_root_resource())
        return pulumi.Output.from_input(dict(stack.outputs) if stack else {}).apply(keep)

    try:
        program()
    except BaseException as error:
        sdk.forget_the_rest()
        if isinstance(error, pulumi.RunError) and isinstance(error.__cause__, SettingsError):
            raise error.__cause__ from None
        raise


@contextlib.contextmanager
def _no_cluster() -> Generator[None]:
    """A recording meets no cluster, so it names none: paths of a machine stay out of it."""
    with mock.patch.dict(os.environ, {"KUBECONFIG": "no-cluster"}):
        yield


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if mapping.get(SIGNATURE) == SECRET_SIGNATURE:
            return Secret(_plain(mapping.get("value")))
        return {key: _plain(entry) for key, entry in sorted(mapping.items())}
    if isinstance(value, list):
        return [_plain(entry) for entry in cast("list[Any]", value)]
    # Protobuf knows no integers: 8080 arrives as 8080.0.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _replace(value: Any, secret: Callable[[Secret], Any]) -> Any:
    if isinstance(value, Secret):
        return secret(value)
    if isinstance(value, Mapping):
        return {k: _replace(v, secret) for k, v in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_replace(entry, secret) for entry in cast("list[Any]", value)]
    return value


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _hidden(entry) for key, entry in cast("Mapping[str, Any]", value).items()}
    return SECRET_SHOWN
