"""`mpk status`: what runs, at which version, how far a release is, and whose turn it is."""

import time
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.console import print_json, results
from cli.target import JsonOption, KubeconfigOption, cluster_of
from operations import status as stack_status
from operations.cluster import Cluster
from operations.status import Row, Status
from settings.loader import Settings, load

NOT_HEALTHY = 1
LOOK_SECONDS = 1.0
_COLOURS = {"ready": "green", "failed": "red", "paused": "cyan"}


def status(
    stack: Annotated[str, typer.Argument(help="The stack to look at.")] = "local",
    kubeconfig: KubeconfigOption = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look until interrupted.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show each service's version, strategy, step, weight, analysis and health; 1 if unhealthy."""
    settings = load(stack)
    cluster = cluster_of(settings, kubeconfig)
    if watch and not as_json:
        _watch(cluster, settings)
        return
    found = stack_status.read(cluster, settings)
    if as_json:
        print_json(found.as_dict())
    else:
        results.print(shown(found))
    if not found.healthy:
        raise typer.Exit(NOT_HEALTHY)


def shown(found: Status) -> RenderableType:
    """The table, then what is to be done."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("service", "version", "strategy", "step", "weight", "pods", "analysis", "state"):
        table.add_column(column, no_wrap=column != "state")
    for row in found.rows:
        table.add_row(*_cells(row))
    for name in found.missing:
        table.add_row(name, "", "", "", "", "0", "", "[red]not deployed[/]")
    lines = [Text(line) for line in [*_last(found), *stack_status.advice(found)]]
    return Group(table, *lines)


def _cells(row: Row) -> list[str]:
    colour = _COLOURS.get(row.phase, "yellow")
    beside = f" (file: {row.declared})" if not row.version.endswith(row.declared) else ""
    return [
        row.service,
        escape(row.version + beside),
        row.strategy,
        row.step,
        "" if row.weight is None else f"{row.weight} %",
        row.pods,
        escape(row.analysis),
        f"[{colour}]{escape(row.message)}[/]",
    ]


def _last(found: Status) -> list[str]:
    if found.last is None:
        return []
    last = found.last
    word = "interrupted" if found.interrupted else last.outcome
    reason = f" ({last.reason})" if last.reason else ""
    return [f"last: {last.action} of {last.version} by {last.by}, {last.started}: {word}{reason}"]


def _watch(cluster: Cluster, settings: Settings) -> None:
    """A table that follows on a terminal; elsewhere one table per change."""
    if not results.is_terminal:
        before: Status | None = None
        while True:
            found = stack_status.read(cluster, settings)
            if before is None or found.rows != before.rows:
                results.print(shown(found))
            before = found
            time.sleep(LOOK_SECONDS)
    with Live(console=results, auto_refresh=False) as live:
        while True:
            live.update(shown(stack_status.read(cluster, settings)), refresh=True)
            time.sleep(LOOK_SECONDS)
