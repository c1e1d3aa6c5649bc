"""`mpk promote`, `mpk abort`, `mpk switch`: a person's decisions over what is being released."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape

from cli.console import messages, print_json, results
from cli.target import (
    ApprovedOption,
    JsonOption,
    KubeconfigOption,
    StackOption,
    cluster_of,
    refuse_unapproved,
)
from cli.watch import Watch
from operations import promotion, versions
from operations.promotion import Decided, Decision
from operations.wait import Report
from settings.loader import Settings, load

FAILED = 1
Services = Annotated[
    list[str] | None, typer.Argument(metavar="SERVICE", help="The services; else all that wait.")
]
Timeout = Annotated[float, typer.Option(help="Seconds to wait, beyond the steps and the watch.")]


def promote(
    services: Services = None,
    full: Annotated[bool, typer.Option("--full", help="Leave the remaining steps out.")] = False,
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    approved_by: ApprovedOption = "",
    timeout: Timeout = 600,
    as_json: JsonOption = False,
) -> None:
    """Let a canary that waits go on, and follow it."""
    settings = _settings(stack, services, approved_by)
    asked = Decision(services=services or [], timeout_seconds=timeout, full=full)
    cluster = cluster_of(settings, kubeconfig)
    _followed("promoted", lambda r: promotion.promote(cluster, settings, asked, r), as_json=as_json)


def switch(
    services: Services = None,
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    approved_by: ApprovedOption = "",
    timeout: Timeout = 600,
    as_json: JsonOption = False,
) -> None:
    """Make the other colour the active one, and follow its watch; back goes `mpk rollback`."""
    settings = _settings(stack, services, approved_by)
    seconds = timeout + settings.delivery.watch_seconds
    asked = Decision(services=services or [], timeout_seconds=seconds)
    cluster = cluster_of(settings, kubeconfig)
    _followed("switched", lambda r: promotion.switch(cluster, settings, asked, r), as_json=as_json)


def abort(
    services: Services = None,
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give all traffic back to the stable version at once; needs no approval and no lock."""
    settings = load(stack)
    versions.refuse_unknown(settings, services or [])
    done = promotion.abort(cluster_of(settings, kubeconfig), settings, services or [])
    _tell("aborted", done, as_json=as_json)


def _settings(stack: str, services: list[str] | None, approved_by: str) -> Settings:
    settings = load(stack)
    versions.refuse_unknown(settings, services or [])
    refuse_unapproved(settings, approved_by)
    return settings


def _followed(what: str, act: Callable[[Report], Decided], *, as_json: bool) -> None:
    with Watch(messages) as watch:
        done = act(watch.report)
    _tell(what, done, as_json=as_json)


def _tell(what: str, done: Decided, *, as_json: bool) -> None:
    if as_json:
        states = {each.name: each.state.message for each in done.objects}
        print_json({what: list(done.services), "states": states, "succeeded": done.succeeded})
    else:
        results.print(f"{what}: {', '.join(done.services)}; `mpk status --watch` follows")
        for each in done.objects:
            results.print(escape(f"{each.name}: {each.state.message}"))
    if not done.succeeded:
        raise typer.Exit(FAILED)
