"""`mpk load`: the load gate of a release, 5,000 requests a second by default (R-CHECK)."""

from typing import Annotated

import typer

from cli.console import messages, print_json, results
from cli.local import build_progress
from localcluster import programs
from operations.checklist.judging import LOAD_SECONDS, RATE
from operations.load import MOST_SECONDS, Loaded, attack

NOT_KEPT = 1
INCONCLUSIVE = 5


def load(
    address: Annotated[str, typer.Argument(help="What to load: https://api.…/health.")],
    rate: Annotated[int, typer.Option(min=1, max=4 * RATE, help="Requests a second.")] = RATE,
    seconds: Annotated[int, typer.Option(min=1, max=MOST_SECONDS, help="How long.")] = LOAD_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send a steady load and judge it; exit code 1 where a figure is not kept.

    Exit code 5 where this machine was the limit: nothing is known then of what was loaded. Name
    only what is yours: the load goes wherever the address leads.
    """
    with build_progress(quiet=as_json) as report:
        program = programs.ensure(["vegeta"], report)["vegeta"]
    tell(attack(program, address, rate=rate, seconds=seconds), as_json=as_json)


def tell(found: Loaded, *, as_json: bool) -> None:
    """Print the figures; end with exit code 1 where one is not kept, 5 where nobody can say."""
    if as_json:
        print_json(found.as_dict())
    else:
        results.print(
            f"{found.rate:,.0f} requests a second for {found.seconds:.0f} s: "
            f"{found.success:.2%} succeeded, P50 {found.p50_ms} ms, P95 {found.p95_ms} ms, "
            f"P99 {found.p99_ms} ms; this machine was {found.busy:.0%} busy"
        )
        for missing in found.missing:
            results.print(f"[red]✗[/] {missing}")
    if found.limit:
        messages.print(
            f"inconclusive: {found.limit}, so these are its own figures, not those of what it "
            "loads; run it where cores are free"
        )
    if found.missing:
        raise typer.Exit(INCONCLUSIVE if found.limit else NOT_KEPT)
