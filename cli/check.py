"""`mpk check`: whether catalogue and stacks are sound, and whether the nodes hold the product."""

import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import messages, print_json, results
from settings.advisories import advisories
from settings.capacity_report import Report, report, room, verdict
from settings.loader import Settings, load_all, load_catalog, secret_names, stack_names
from settings.realisable import unrealisable

DOES_NOT_FIT = 1
_COLOURS = {"fits": "green", "grows": "yellow", "in turn": "yellow", "does not fit": "red"}


def check(
    stacks: Annotated[
        list[str] | None, typer.Argument(help="Stacks to check; all that have a file when absent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check catalogue and stack files; say everything that is wrong at once.

    A stack that is named gets the whole table of its nodes. Exit code 1 where the pods that always
    run find no room, even on as many nodes as the pool may have, and where the stated traffic gives
    a release too few requests to be judged by.
    """
    load_catalog()
    found = load_all(stacks or stack_names())
    today = datetime.datetime.now(datetime.UTC).date()
    reports = {name: report(settings) for name, settings in found.items()}
    told = {name: list(advisories(s, secret_names(name), today)) for name, s in found.items()}
    unjudged = {name: list(unrealisable(settings)) for name, settings in found.items()}
    if as_json:
        told_all = {n: _as_dict(s, reports[n], told[n]) for n, s in found.items()}
        print_json({n: each | {"unrealisable": unjudged[n]} for n, each in told_all.items()})
    else:
        for name, settings in found.items():
            _tell(settings, reports[name], told[name], whole=bool(stacks))
            for sentence in unjudged[name]:
                messages.print(f"  [red]releases[/] {escape(sentence)}")
    if any(unjudged.values()) or not all(each.holds for each in reports.values()):
        raise typer.Exit(DOES_NOT_FIT)


def _tell(settings: Settings, found: Report, warnings: list[str], *, whole: bool) -> None:
    results.print(
        f"[green]✓[/] {settings.stack_name}: {len(settings.services)} services, "
        f"stores {', '.join(settings.stores)}"
    )
    if whole:
        results.print(_table(found))
        results.print(f"A node has {room(settings.nodes)} for pods.")
    results.print(f"  nodes: {escape(verdict(found))}")
    for warning in warnings:
        messages.print(f"  [yellow]warning[/] {escape(warning)}")


def _table(found: Report) -> Table:
    table = Table(box=None, header_style="bold")
    for title in ("pool", "pods", "lost", "nodes", "wanted", "wait", "needs", "most", "verdict"):
        table.add_column(title, no_wrap=True)
    for row in found.rows:
        table.add_row(
            row.pool,
            row.demand,
            row.lost,
            str(row.nodes),
            str(row.pods),
            str(sum(row.waiting.values()) or ""),
            str(row.needed or "–"),
            str(row.allowed),
            f"[{_COLOURS[row.verdict]}]{row.verdict}[/]",
        )
    return table


def _as_dict(settings: Settings, found: Report, warnings: list[str]) -> dict[str, Any]:
    return {
        "services": sorted(settings.services),
        "stores": sorted(settings.stores),
        "warnings": warnings,
        "capacity": {
            "holds": found.holds,
            "advice": list(found.advice),
            "rows": [
                {
                    "pool": row.pool,
                    "demand": row.demand,
                    "lost": row.lost,
                    "nodes": row.nodes,
                    "pods": row.pods,
                    "waiting": dict(row.waiting),
                    "needed": row.needed,
                    "allowed": row.allowed,
                    "verdict": row.verdict,
                }
                for row in found.rows
            ],
        },
    }
