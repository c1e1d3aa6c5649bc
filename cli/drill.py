"""`mpk drill …`: a release on the real controllers, with a clock and a prober (R-P2-ROLL, D-8).

Each drill has a cluster of its own, which ends with it. Exit code 1: a promise was not kept.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli import load as load_command
from cli.embedded import nodes_of
from cli.local import build_progress
from drill import (
    blue_green,
    canary,
    evidence,
    loading,
    matrix,
    move,
    rolling,
    sessions,
    stage,
    warm,
)
from drill.behaviour import Behaviour
from drill.evidence import Evidence
from drill.picture import Drawn
from drill.prober import LONGEST_SECONDS, MOST_PER_SECOND
from drill.product import FIRST, DrillError, Tempo
from drill.runs import Drill
from localcluster import LocalClusterError, programs
from operations.checklist.judging import RATE
from operations.cluster import ClusterError
from settings import names, paths

NOT_KEPT = 1
MOST_RUNS = 100
OPENING_SECONDS = 60
WATCH_SECONDS = 780
"""The ten minutes of R-P4-BG, the first look before them, and time to spare."""
AROUND_SECONDS = 4.0

app = typer.Typer(
    help="Tries a release on the real controllers, with a clock and a prober on loopback.",
    no_args_is_help=True,
)
Repeat = Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="How often.")]
Rate = Annotated[int, typer.Option(min=10, max=MOST_PER_SECOND, help="Requests a second.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]
Out = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for the evidence and its picture.")
]


@app.command("rolling")
def roll(repeat: Repeat = 1, rate: Rate = 200, as_json: Json = False, out: Out = None) -> None:
    """Replace all pods of a service, and undo it, under load."""
    seconds = OPENING_SECONDS + 150 * repeat
    plan = sessions.Plan(strategy="rolling", seconds=seconds, rate=rate)
    with build_progress(quiet=as_json) as report, sessions.opened(plan, nodes_of, report) as drill:
        runs: list[rolling.Rolled] = []
        for number in range(repeat):
            report(number, repeat, "releasing, then undoing")
            new = next(drill.versions)
            runs += [rolling.roll(drill, FIRST, new), rolling.roll(drill, new, FIRST)]
        found = rolling.judged(runs, rate)
        drawn = _drawn(drill, found, runs[0].new)
    _tell(found, drawn, out, as_json=as_json)


@app.command("canary-abort")
def abort(repeat: Repeat = 1, rate: Rate = 200, as_json: Json = False, out: Out = None) -> None:
    """Release versions of which every answer is an error, and see each undone by itself."""
    seconds = OPENING_SECONDS + 240 * repeat
    plan = sessions.Plan(strategy="canary", seconds=seconds, rate=rate)
    with build_progress(quiet=as_json) as report, sessions.opened(plan, nodes_of, report) as drill:
        runs: list[canary.Run] = []
        for number in range(repeat):
            report(number, repeat, "releasing a bad version")
            runs.append(canary.canary(drill, canary.BAD["5xx-100"].behaviour, 200))
            canary.back_to(drill, runs[-1].before)
        found = canary.judged(runs, rate, stage.messages(drill.stage))
        drawn = _drawn(drill, found, runs[0].version)
    _tell(found, drawn, out, as_json=as_json)


@app.command("canary")
def every_kind(
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help=f"Of {', '.join(matrix.KINDS)}; repeat.")
    ] = None,
    repeat: Repeat = 1,
    rate: Rate = matrix.RATE,
    own_times: Annotated[
        bool, typer.Option("--own-times", help="Shorten the steps alone: as fast as production.")
    ] = False,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Release good and bad versions, each kind as often: who is promoted, and who is undone."""
    chosen = kinds or list(matrix.KINDS)
    if unknown := [kind for kind in chosen if kind not in matrix.KINDS]:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(matrix.KINDS)}")
    todo = [kind for _ in range(repeat) for kind in chosen]
    plan = sessions.Plan(
        strategy="canary",
        seconds=min(LONGEST_SECONDS, OPENING_SECONDS + 140 * len(todo)),
        rate=rate,
        release=matrix.OWN_TIMES if own_times else matrix.RELEASE,
        tempo=matrix.OWN_TEMPO if own_times else matrix.TEMPO,
    )
    with build_progress(quiet=as_json) as report, sessions.opened(plan, nodes_of, report) as drill:
        cases, broke = list[matrix.Case](), ""
        try:
            for number, kind in enumerate(todo):
                report(number, len(todo), f"releasing a version: {kind}")
                cases.append(matrix.case(drill, kind))
        except (DrillError, ClusterError, LocalClusterError) as error:
            if not cases:
                raise
            broke = str(error)
        found = matrix.judged(cases, rate, plan.release, broke)
        first = {each.kind: each for each in reversed(cases)}
        drawn = {kind: _course(drill, found, each) for kind, each in first.items()}
    _tell(found, drawn, out, as_json=as_json)


@app.command("blue-green")
def switch(
    repeat: Repeat = 1,
    rate: Rate = 200,
    watch: Annotated[
        bool, typer.Option("--watch", help="See one watch through to its end, ten minutes.")
    ] = False,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Switch to a new version's colour and back under load, and try a bad smoke test."""
    seconds = OPENING_SECONDS + 60 + 90 * repeat + (WATCH_SECONDS if watch else 0)
    plan = sessions.Plan(
        strategy="blue-green", seconds=seconds, rate=rate, tempo=Tempo(min_ready_seconds=1)
    )
    with build_progress(quiet=as_json) as report, sessions.opened(plan, nodes_of, report) as drill:
        began, runs = time.time(), list[blue_green.Switched]()
        for number in range(repeat):
            report(number, repeat, "switching forth and back")
            runs.append(blue_green.forth(drill, FIRST))
            runs.append(blue_green.back(drill, runs[-1].new, FIRST))
        seen = None
        if watch:
            report(0, 0, "switching, and seeing the watch through to its end")
            runs.append(blue_green.forth(drill, FIRST))
            seen = warm.watched(drill, FIRST, WATCH_SECONDS)
            runs.append(blue_green.back(drill, runs[-1].new, FIRST))
        report(0, 0, "a version whose smoke test fails")
        smoke = blue_green.bad_smoke(drill)
        failed = sum(each.failed for each in drill.answers(began))
        found = blue_green.judged(runs, rate, failed, smoke, seen)
        drawn = _drawn(drill, found, FIRST)
    _tell(found, drawn, out, as_json=as_json)


@app.command("move")
def move_on(rate: Rate = 200, as_json: Json = False, out: Out = None) -> None:
    """Move a live service from Deployment to canary to colours, its version unchanged."""
    plan = sessions.Plan(
        strategy="rolling",
        seconds=OPENING_SECONDS + 300,
        rate=rate,
        tempo=Tempo(min_ready_seconds=1),
        more={"mesh": True, "mesh_permissive": True},
        name="drill-move",
        moves=True,
    )
    with build_progress(quiet=as_json) as report, sessions.opened(plan, nodes_of, report) as drill:
        path, runs = sessions.kubeconfig_of(plan), list[move.Moved]()
        for number, strategy in enumerate(move.ORDER[1:]):
            report(number, len(move.ORDER) - 1, f"moving to {strategy}")
            runs.append(move.move(drill, path, strategy))
        found = move.judged(runs, rate)
        drawn = _drawn(drill, found, FIRST)
    _tell(found, drawn, out, as_json=as_json)


@app.command("load")
def load(
    rate: Annotated[int, typer.Option(min=1, max=4 * RATE, help="Requests a second.")] = RATE,
    seconds: Annotated[int, typer.Option(min=1, max=300, help="How long.")] = 10,
    as_json: Json = False,
) -> None:
    """Try the load gate on Envoy and servers of this machine; nothing of the product runs."""
    with build_progress(quiet=as_json) as report:
        generator = programs.ensure(["vegeta"], report)["vegeta"]
    found = loading.load(generator, rate=rate, seconds=seconds, behaviour=Behaviour())
    load_command.tell(found, as_json=as_json)


def _course(drill: Drill, found: Evidence, case: matrix.Case) -> Drawn:
    """One release alone, with its first bad answer and the last one of its version."""
    run = case.run
    marks: list[tuple[float, str]] = []
    if run.bad_at is not None and run.bad_to_stable is not None:
        told = f"{run.bad_to_stable:.1f} s later the stable version has everything"
        marks = [(run.bad_at, "first bad answer"), (run.bad_at + run.bad_to_stable, told)]
    return Drawn(
        title=f"mpk drill {found.drill}: {case.kind}",
        subtitle=f"{run.outcome} after {run.seconds:.0f} s: {run.reason or 'nothing against it'}",
        answers=drill.answers(run.began - AROUND_SECONDS, run.began + run.seconds + AROUND_SECONDS),
        moments=canary.of_run(drill.course.moments, run),
        version=run.version,
        subset=names.CANARY,
        marks=marks,
        slot=0.5,
    )


def _drawn(drill: Drill, found: Evidence, version: str) -> dict[str, Drawn]:
    figures = ", ".join(f"{k} {v}" for k, v in found.figures.items() if isinstance(v, int))
    canary_ = drill.product.settings.delivery.strategy == "canary"
    drawn = Drawn(
        title=f"mpk drill {found.drill}",
        subtitle=figures,
        answers=drill.answers(),
        moments=drill.course.moments,
        version=version,
        subset=names.CANARY if canary_ else "",
    )
    return {"": drawn}


def _tell(found: Evidence, drawn: Mapping[str, Drawn], out: Path | None, *, as_json: bool) -> None:
    files = evidence.save(found, drawn, out or paths.state_dir() / "drills")
    if as_json:
        typer.echo(evidence.as_json(found))
    else:
        console = Console(highlight=False)
        table = Table("promise", "kept", box=None)
        for promise, kept in found.promises.items():
            table.add_row(promise, "yes" if kept else "[bold red]NO[/]")
        console.print(table)
        for key, value in found.figures.items():
            console.print(f"  {key}: {value}")
        for file in files:
            console.print(f"  {file}", soft_wrap=True)
    if not found.kept:
        raise typer.Exit(NOT_KEPT)
