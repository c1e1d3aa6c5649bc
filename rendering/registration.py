"""How a recording registers a resource: what it keeps of one, and no request, answer or protobuf.

Stands in for the SDK's `register_resource` while a recording runs. What the SDK does for the
engine's sake alone (aliases, providers, versions) is left out. A resource whose options ask for
more than a recording keeps goes the SDK's own way, and so does one that the SDK refuses: it shall
say so in its own words.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import pulumi

from rendering.answers import Answers, answers_of
from rendering.sent import sent

_settings: Any = importlib.import_module("pulumi.runtime.settings")  # private in part
_rpc: Any = importlib.import_module("pulumi.runtime.rpc")
_depends_on: Any = importlib.import_module("pulumi.runtime._depends_on")
_in_full: Any = importlib.import_module("pulumi.runtime.resource").register_resource
_STACK = "pulumi:pulumi:Stack"
_BEYOND = (
    "transforms", "state_migrations", "import_", "replacement_trigger", "deleted_with",
    "replace_with",
)  # fmt: skip
"""Options whose handling, and whose refusals, are the SDK's."""
_NONE = pulumi.ResourceHookBinding()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a program asks the engine to make."""

    type: str
    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    """As the engine would receive them: a secret is in its envelope."""
    parent: str
    dependencies: frozenset[str]
    protect: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What the engine answers."""

    urn: str
    id: str
    outputs: Mapping[str, Any] = field(repr=False)
    """Those that no input holds."""


class Maker(Protocol):
    """Takes the engine's place."""

    def make(self, asked: Asked) -> Made:
        """Keep what is asked for; the answer holds what only an engine would know."""
        ...


def register_resource(  # noqa: PLR0913, PLR0917 - the SDK's signature
    res: pulumi.Resource,
    ty: str,
    name: str,
    custom: bool,  # noqa: FBT001
    remote: bool,  # noqa: FBT001
    new_dependency: Any,
    props: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    typ: type | None = None,
    package_ref: Awaitable[str | None] | None = None,
) -> None:
    """Give the resource its outputs, and have it registered once its inputs are known."""

    def in_full() -> None:
        _in_full(res, ty, name, custom, remote, new_dependency, props, opts, typ, package_ref)

    if remote or package_ref or _asks_for_more(opts):
        in_full()
        return
    answers = Answers(res, typ)
    for each in ("urn", "id", *props) if custom else ("urn", *props):
        res.__dict__[each] = answers.output(each)

    async def register() -> None:
        try:
            asked = await _asked(res, ty, name, props, opts, typ)
            made = cast("Maker", _settings.get_monitor()).make(asked)
        except (ValueError, AssertionError) as error:
            in_full()
            reason = await _refusal(res) or error
            answers.fail(reason)
            raise reason from reason.__cause__
        except Exception as error:
            answers.fail(error)
            raise
        answers.arrive(made.urn, made.id, asked.inputs, made.outputs)

    manager = _settings._get_rpc_manager()  # noqa: SLF001 - see above
    # The manager keeps what it has begun, and the SDK awaits that at the end of the program.
    asyncio.ensure_future(manager.do_rpc("register resource", register)())  # noqa: RUF006


def _asks_for_more(opts: pulumi.ResourceOptions) -> bool:
    # A binding of no hooks is what merged options have.
    return any(getattr(opts, each) for each in _BEYOND) or any(vars(opts.hooks or _NONE).values())


async def _refusal(res: pulumi.Resource) -> Exception | None:
    """Why the SDK itself does not register it."""
    try:
        await res.urn.future()
    except Exception as error:  # noqa: BLE001 - whatever the program did
        return error
    return None


async def _asked(
    res: pulumi.Resource,
    ty: str,
    name: str,
    props: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    typ: type | None,
) -> Asked:
    first: set[str] = set()
    if opts.depends_on is not None:
        listed = cast("Any", opts)._depends_on_list()  # noqa: SLF001 - as the SDK asks for it
        first = await _depends_on._resolve_depends_on_urns(listed, from_resource=res)  # noqa: SLF001
    found: list[pulumi.Resource] = []
    inputs = await sent(props, found, typ, None if typ else res.translate_input_property)
    parent = opts.parent or (None if ty == _STACK else _settings.get_root_resource())
    parent_urn = await parent.urn.future() if parent else ""
    sources = await _urns(dict.fromkeys(found), res)
    return Asked(
        type=ty,
        name=name,
        inputs=inputs,
        parent=parent_urn or "",
        dependencies=frozenset(first) | sources,
        protect=bool(opts.protect),
    )


async def _urns(found: Iterable[pulumi.Resource], res: pulumi.Resource) -> frozenset[str]:
    """Of resources, and of a component's parts; none may wait for the one that waits for them."""
    urns: set[str] = set()
    for each in found:
        answers = None if isinstance(each, pulumi.ComponentResource) else answers_of(each)
        if answers is not None and answers.there:
            # What is made already waits for nothing, so it closes no circle.
            urns.add(answers.read("urn")[0])
        else:
            urns |= set(await _rpc._expand_dependencies([each], from_resource=res))  # noqa: SLF001 - see above
    return frozenset(urns)
