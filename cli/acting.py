"""What every command has in common that works on stacks through the engine.

Settings of all stacks are loaded and judged first, so that a mistake in the last one costs nothing.
Then the stacks are worked on in order, each with its own course on standard error.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import psutil
import typer
from pulumi import automation

from cli import charts, embedded, locks
from cli.console import messages
from cli.engine import EngineChoice, engine_command
from cli.engine_watch import EngineWatch
from cli.failures import EngineError, MissingEngineError
from cli.fleet import DEFAULT_PARALLEL, Fleet, OnFailure, Outcome, reversed_order
from cli.stacks import EngineStack, OnEvent
from localcluster import LocalClusterError
from operations.cluster import ClusterError
from settings.loader import Settings, load_all
from settings.references import reads

Result = TypeVar("Result")
_KEYWORD = inspect.Parameter.KEYWORD_ONLY

Stacks = Annotated[list[str], typer.Argument(help="The stacks, in any order.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person may choose of every command over stacks; `over_stacks` makes options of it."""

    kubeconfig: Annotated[
        Path | None, typer.Option(help="Cluster to use instead of the stack's own.")
    ] = None
    install_engine: Annotated[
        bool, typer.Option(help="Let the Automation API install the engine first.")
    ] = False
    parallel: Annotated[int, typer.Option(min=1, help="Stacks side by side.")] = DEFAULT_PARALLEL
    on_failure: Annotated[
        OnFailure, typer.Option(help="When a stack fails: let the others finish, or stop them.")
    ] = OnFailure.FINISH
    wait_for_lock: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for another update of the stack.")
    ] = locks.PATIENCE_SECONDS


def over_stacks(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `Asked` in place of its parameter `asked`."""
    own = inspect.signature(command, eval_str=True).parameters
    common = [
        inspect.Parameter(each.name, _KEYWORD, default=each.default, annotation=kind)
        for each, kind in zip(
            fields(Asked), get_type_hints(Asked, include_extras=True).values(), strict=True
        )
    ]
    shown = [each.replace(kind=_KEYWORD) for each in own.values() if each.name != "asked"]
    named = {each.name for each in common}

    @functools.wraps(command)
    def run(**given: Any) -> None:
        asked = Asked(**{name: given.pop(name) for name in named})
        command(**given, asked=asked)

    run.__signature__ = inspect.Signature([*shown, *common])  # pyright: ignore[reportAttributeAccessIssue]
    run.__annotations__ = {each.name: each.annotation for each in [*shown, *common]}
    return run


@dataclass(frozen=True, kw_only=True)
class Work:
    """One stack, ready to be worked on."""

    settings: Settings
    engine: EngineStack
    kubeconfig: str | None
    on_event: OnEvent


def needed_engine(*, install: bool = False) -> automation.PulumiCommand:
    """The engine, or one sentence: some commands mean nothing without it."""
    if command := engine_command(EngineChoice.AUTO, install=install):
        return command
    raise MissingEngineError(
        "this command works on the engine's state, and there is no Pulumi engine here: install "
        "`pulumi` or add --install-engine; plan, render and check need none"
    )


def act(
    names: Sequence[str],
    asked: Asked,
    action: Callable[[Work], Result],
    *,
    adopt: bool = False,
    backwards: bool = False,
    command: automation.PulumiCommand | None = None,
    program: bool = False,
) -> list[Outcome[Result]]:
    """Work on every stack through the engine, in order; the outcome tells of each.

    Where the `program` runs, the charts that it installs lie here before anything changes.
    """
    loaded = load_all(dict.fromkeys(names))
    engine = command or needed_engine(install=asked.install_engine)
    if program:
        charts.ensure(list(loaded.values()))
    clusters = {name: cluster_of(settings, asked.kubeconfig) for name, settings in loaded.items()}

    def one(name: str) -> Result:
        settings, kubeconfig = loaded[name], clusters[name]
        stack = EngineStack(
            settings,
            engine,
            kubeconfig,
            adopt=adopt,
            patience_seconds=asked.wait_for_lock,
        )
        with EngineWatch(messages, name if len(loaded) > 1 else "") as watch:
            work = Work(
                settings=settings, engine=stack, kubeconfig=kubeconfig, on_event=watch.on_event
            )
            return action(work)

    order: Mapping[str, Any] = {name: reads(settings) for name, settings in loaded.items()}
    return Fleet(
        act=one,
        errors=(EngineError, ClusterError, LocalClusterError),
        interrupt=interrupt,
        parallel=asked.parallel,
        on_failure=asked.on_failure,
    ).run(reversed_order(order) if backwards else order)


def cluster_of(settings: Settings, chosen: Path | None) -> str | None:
    """The kubeconfig to use, or None where the stack makes its own cluster in a cloud."""
    makes_its_own = settings.stack.cloud is not None
    return None if makes_its_own and chosen is None else named_cluster(settings, chosen)


def named_cluster(settings: Settings, chosen: Path | None) -> str:
    """The kubeconfig to use; the embedded cluster is started where it is the target."""
    if chosen is not None:
        return str(chosen.expanduser())
    if embedded.is_target(settings):
        embedded.start_for(settings)
    return embedded.kubeconfig_of(settings)


def interrupt(stack: str) -> None:
    """Let the engine finish the steps it is at, and end: what a first Ctrl-C does."""
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            words = process.cmdline()
            if "--stack" in words and words[words.index("--stack") + 1] == stack:
                process.send_signal(2)
