"""`python -m bench`: measure, print one table. What it means stands in `bench/__init__.py`."""

import contextlib
import json
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from bench.cases import deployed, without_cluster
from bench.measure import Run, RunFailedError, run
from bench.table import figures, first_line, machine, table

FAILED = 1
TABLE_WIDTH = 110
messages = Console(stderr=True, highlight=False)


def bench(
    runs: Annotated[int, typer.Option(min=1, help="Measured runs of each case.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - typer
    cluster: Annotated[bool, typer.Option(help="Measure the deployment as well.")] = True,  # noqa: FBT002 - typer
) -> None:
    """Time and memory of the program's commands against the floor of importing the SDK."""
    signal.signal(signal.SIGTERM, _end)
    try:
        found = _measured(runs, cluster=cluster)
    except RunFailedError as error:
        messages.print(f"error: {error}", markup=False)
        raise typer.Exit(FAILED) from error
    if as_json:
        result = {"machine": machine(), "runs": runs, "cases": figures(found)}
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return
    # A pipe has no width: never cut the table there.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else TABLE_WIDTH)
    console.print(first_line(runs), soft_wrap=True)
    console.print(table(found))


def _measured(runs: int, *, cluster: bool) -> dict[str, list[Run]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="manpasik-bench-")))
        cases = without_cluster(folder)
        if cluster:
            messages.print("bench: starting a cluster of its own, deploying once")
            cases.append(stack.enter_context(deployed(folder)))
        found: dict[str, list[Run]] = {case.name: [] for case in cases}
        # The first round fills the file cache and counts for nothing.
        for index in range(runs + 1):
            messages.print(f"bench: run {index} of {runs}" if index else "bench: warming up")
            for case in cases:
                measured = run(case.command, case.environment)
                case.accept(measured)
                if index:
                    found[case.name].append(measured)
    return found


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Let a TERM take the cluster down as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    typer.run(bench)
