"""`mpk charts`: which charts stacks install, from where, and if their archives are as pinned."""

from typing import Annotated, Any

import typer
from rich.table import Table

from cli.console import messages, print_json, results
from operations.archives import Archive, archives, bring, compare
from settings import chart_names
from settings.loader import Settings, load_all

app = typer.Typer(no_args_is_help=True, help="The charts of the platform, and their archives.")

Stacks = Annotated[list[str], typer.Argument(help="The stacks whose charts are meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(stacks: Stacks, as_json: AsJson = False) -> None:
    """Say which charts the stacks install, in their order, and how their archives lie here."""
    _tell(archives(_loaded(stacks)), as_json=as_json)


@app.command()
def fetch(stacks: Stacks, as_json: AsJson = False) -> None:
    """Bring the archives from publishers or mirror; one that is not as pinned is refused."""
    _tell(bring(_loaded(stacks), _report), as_json=as_json)


@app.command()
def verify(stacks: Stacks, as_json: AsJson = False) -> None:
    """Compare the archives that lie here with their pins, without a network."""
    _tell(compare(_loaded(stacks)), as_json=as_json)


def ensure(settings: list[Settings]) -> None:
    """Before the engine runs: what it installs lies here, and is as pinned."""
    bring(settings, _report)


def _loaded(stacks: list[str]) -> list[Settings]:
    return list(load_all(dict.fromkeys(stacks)).values())


def _report(line: str) -> None:
    messages.print(line, markup=False)


def _tell(found: list[Archive], *, as_json: bool) -> None:
    if as_json:
        print_json({"charts": [_as_dict(each) for each in found]})
        return
    if not found:
        results.print("no charts: these stacks install none")
        return
    table = Table(box=None, header_style="bold")
    for column in ("chart", "version", "namespace", "archive", "pin"):
        table.add_column(column, no_wrap=True)
    for each in found:
        pin = (each.chart.digest or "unverified")[:12]
        space = chart_names.CHART_NAMESPACES[each.name]
        table.add_row(each.name, each.chart.version, space, each.state, pin)
    results.print(table)


def _as_dict(each: Archive) -> dict[str, Any]:
    return {
        "chart": each.name,
        "version": each.chart.version,
        "namespace": chart_names.CHART_NAMESPACES[each.name],
        "repository": each.chart.repository,
        "digest": each.chart.digest,
        "unverified": each.chart.unverified,
        "archive": str(each.path),
        "state": each.state,
    }
