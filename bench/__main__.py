"""`python -m bench`: measure, print tables. What they mean stands in `bench/__init__.py`."""

import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import backfill, growth, peers
from bench.cases import Case, deployed, own_environment, without_cluster
from bench.measure import LONGEST_RUN_SECONDS, Run, RunFailedError, TookTooLongError, run
from bench.table import figures, first_line, growth_table, machine, table
from localcluster import LocalClusterError

FAILED = 1
TABLE_WIDTH = 110
LONGEST_OF_GROWTH_SECONDS = 120.0
"""What takes longer has no figures; all of growth is then bounded, too."""
messages = Console(stderr=True, highlight=False)


class Part(StrEnum):
    """What can be measured by itself."""

    COMMANDS = "commands"
    NINE = "nine"
    PEERS = "peers"
    GROWTH = "growth"
    BACKFILL = "backfill"


Found = Mapping[Part, Mapping[str, list[Run]]]


def bench(
    runs: Annotated[int, typer.Option(min=1, help="Measured runs of each case.")] = 5,
    growth_runs: Annotated[
        int, typer.Option(min=1, help="Measured runs of each case of growth, the longest part.")
    ] = 1,
    stack: Annotated[
        list[str] | None, typer.Option(help="A stack whose growth is measured; repeat.")
    ] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Measure this part; repeat.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - typer
    cluster: Annotated[bool, typer.Option(help="Measure the deployment as well.")] = True,  # noqa: FBT002 - typer
) -> None:
    """Time and memory of the program's commands, their growth, and other tools beside them."""
    signal.signal(signal.SIGTERM, _end)
    found: dict[Part, dict[str, list[Run]]] = {}
    try:
        wanted = only or list(Part)
        filled = backfill.measure() if Part.BACKFILL in wanted else []
        for part in (each for each in wanted if each is not Part.BACKFILL):
            count = growth_runs if part is Part.GROWTH else runs
            found[part] = _measured(part, count, stack, cluster=cluster)
    except (RunFailedError, LocalClusterError) as error:
        messages.print(f"error: {error}", markup=False)
        raise typer.Exit(FAILED) from error
    if as_json:
        result = {"machine": machine(), "runs": runs, **_as_dict(found)}
        result["backfill"] = backfill.as_dict(filled)
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        _print(found, runs)
        if filled:
            Console(highlight=False, width=TABLE_WIDTH).print(backfill.table(filled))


def _measured(
    part: Part, runs: int, stacks: Sequence[str] | None, *, cluster: bool
) -> dict[str, list[Run]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="manpasik-bench-")))
        cases = _cases(part, folder, stacks)
        if part is Part.COMMANDS and cluster:
            messages.print("bench: starting a cluster of its own, deploying once")
            cases.append(stack.enter_context(deployed(folder)))
        # The first round fills the file cache and counts for nothing; growth is too long for one.
        rounds = range(0 if part is not Part.GROWTH else 1, runs + 1)
        return _in_turns(part, cases, rounds)


def _in_turns(part: Part, cases: Sequence[Case], rounds: range) -> dict[str, list[Run]]:
    """Every case once in each round, so that a change in the machine's load hits all."""
    found: dict[str, list[Run]] = {case.name: [] for case in cases}
    for index in rounds:
        for number, case in enumerate(cases, 1):
            if case.name not in found:
                continue
            told = f"bench: {part}: run {index} of {rounds[-1]}: {number} of {len(cases)}"
            try:
                measured = _measured_once(part, case)
            except TookTooLongError as error:
                messages.print(
                    f"{told}: {case.name}: {error}, so it has no figures",
                    markup=False,
                    soft_wrap=True,
                )
                del found[case.name]
                continue
            messages.print(
                f"{told}: {case.name}: {measured.seconds:.1f} s", markup=False, soft_wrap=True
            )
            found[case.name] += [measured] if index else []
    return found


def _measured_once(part: Part, case: Case) -> Run:
    longest = LONGEST_OF_GROWTH_SECONDS if part is Part.GROWTH else LONGEST_RUN_SECONDS
    try:
        measured = run(case.command, case.environment, case.folder, longest)
    except TookTooLongError as error:
        if part is Part.GROWTH:
            raise
        raise RunFailedError(f"{case.name}: {error}") from error
    case.accept(measured)
    return measured


def _cases(part: Part, folder: Path, stacks: Sequence[str] | None) -> list[Case]:
    environment = own_environment(folder)
    match part:
        case Part.COMMANDS:
            return without_cluster(folder)
        case Part.NINE:
            return growth.nine_cases(folder, environment)
        case Part.PEERS:
            return peers.peer_cases(folder, environment)
        case Part.GROWTH:
            return growth.growth_cases(folder, environment, stacks or growth.stacks_that_grow())
        case Part.BACKFILL:
            return []


def _as_dict(found: Found) -> dict[str, Any]:
    result: dict[str, Any] = {"cases": {part: figures(runs) for part, runs in found.items()}}
    if Part.NINE in found:
        result["nine_over_one"] = growth.nine_over_one(found[Part.NINE])
    if Part.GROWTH in found:
        result["growth"] = {
            name: {"per_service": each.per_service, "linearity": each.linearity}
            for name, each in _growths(found).items()
        }
    return result


def _print(found: Found, runs: int) -> None:
    # A pipe has no width: never cut the table there.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else TABLE_WIDTH)
    console.print(first_line(runs), soft_wrap=True)
    for part in found:
        console.print()
        console.print(growth_table(_growths(found)) if part is Part.GROWTH else table(found[part]))
    if Part.NINE in found:
        console.print()
        for name, ratio in growth.nine_over_one(found[Part.NINE]).items():
            console.print(f"{name}, CPU: {ratio:.2f}", soft_wrap=True)


def _growths(found: Found) -> dict[str, growth.Growth]:
    runs = found[Part.GROWTH]
    return growth.growths({n: min(run.cpu_seconds for run in each) for n, each in runs.items()})


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Let a TERM take the cluster down as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    typer.run(bench)
