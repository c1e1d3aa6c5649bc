"""`mpk stable`: was a cluster's last day stable, asked of its Prometheus (R-CHECK, R-P3-CI)."""

from typing import Annotated

import typer

from cli.console import print_json, results
from cli.target import JsonOption
from operations import monitored, stability
from operations.checklist.judging import unstable

NOT_STABLE = 1


def stable(
    prometheus: Annotated[
        str, typer.Option(envvar=monitored.PROMETHEUS, help="Address of its Prometheus.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Judge the last 24 hours by the checklist's figures; exit code 1 where they do not hold."""
    found = stability.seen(prometheus)
    missing = unstable(found)
    if as_json:
        print_json({**found, "stable": not missing, "missing": missing})
    else:
        results.print(
            f"{found['hours']} h: error rate {found['errors']:.2%}, {found['restarts']:.0f} "
            f"restarts, seen {found['seen']:.0%}, versions {', '.join(found['versions'])}"
        )
        if missing:
            results.print(f"[red]✗[/] not stable: {missing}")
    if missing:
        raise typer.Exit(NOT_STABLE)
