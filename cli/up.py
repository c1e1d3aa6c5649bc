"""`mpk up`: a stack onto its cluster, through the engine where there is one."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli import acting, progress, through_engine
from cli import engine as engines
from cli.console import messages, print_json, results
from cli.failures import MissingEngineError
from cli.watch import Watch
from operations.cluster import Cluster
from operations.deploy import Deployed, Deployment
from rendering.manifest import manifests
from rendering.recorder import record
from settings import platform, secrets
from settings.loader import Settings, load_all
from settings.references import reads

DEPLOYMENT_FAILED = 1


@acting.over_stacks
def up(
    stacks: acting.Stacks,
    engine: Annotated[
        engines.EngineChoice, typer.Option(help="Deploy through the Pulumi engine, or without.")
    ] = engines.EngineChoice.AUTO,
    adopt: Annotated[
        bool, typer.Option(help="Take over objects that something else made.")
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option(help="Folder of `mpk preview --save-plan`: do no more than it holds."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for everything.")] = 600,
    as_json: acting.AsJson = False,
    *,
    asked: acting.Asked,
) -> None:
    """Deploy stacks and wait until all of them is ready. Twice is as good as once."""
    loaded = load_all(dict.fromkeys(stacks))
    command = engines.engine_command(engine, install=asked.install_engine)
    if command is None:
        refuse_without_engine(loaded.values(), plan)
        _recorded(loaded, asked.kubeconfig, adopt=adopt, timeout_seconds=timeout, as_json=as_json)
        return
    how = through_engine.How(plan=plan, adopt=adopt)
    through_engine.up(loaded, command, asked, how, as_json=as_json)


def refuse_without_engine(loaded: Iterable[Settings], plan: Path | None) -> None:
    """What only the engine can do is not done by halves."""
    if plan is not None:
        raise MissingEngineError("a plan is the engine's, and there is none here; drop --plan")
    for settings in loaded:
        engines.refuse_cloud(settings)
        engines.refuse_encrypted(settings)
        if charts := platform.charts(settings):
            raise MissingEngineError(
                f"{settings.stack_name} installs {len(charts)} charts, which only the engine can; "
                "install `pulumi`, add --install-engine, or say charts: {enabled: false} and "
                "install them yourself"
            )


def _recorded(
    loaded: Mapping[str, Settings],
    kubeconfig: Path | None,
    *,
    adopt: bool,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """One stack after the other, in order, by server-side apply."""
    results_of: list[dict[str, Any]] = []
    order = TopologicalSorter(
        {name: set(reads(each)) & loaded.keys() for name, each in loaded.items()}
    )
    for name in order.static_order():
        settings = loaded[name]
        messages.print(
            f"Deploying stack {name} without the Pulumi engine: its recorded manifests by "
            "server-side apply."
        )
        path = acting.named_cluster(settings, kubeconfig)
        outcome = deploy_recorded(settings, path, adopt=adopt, timeout_seconds=timeout_seconds)
        results_of.append(as_dict(settings, outcome))
        if not as_json:
            tell(settings, outcome, path)
        if not outcome.succeeded:
            break
    if as_json:
        print_all(results_of)
    if not all(each["succeeded"] for each in results_of):
        raise typer.Exit(DEPLOYMENT_FAILED)


def print_all(results_of: Sequence[dict[str, Any]]) -> None:
    """The result of one stack as it is; of several, under `stacks`."""
    if len(results_of) == 1:
        print_json(results_of[0])
        return
    succeeded = all(each["succeeded"] for each in results_of)
    print_json({"succeeded": succeeded, "stacks": list(results_of)})


def deploy_recorded(
    settings: Settings, kubeconfig: str, *, adopt: bool = False, timeout_seconds: float = 600
) -> Deployed:
    """Deploy without the engine, showing the course on standard error."""
    recorded = record(settings, secrets={}, seed=secrets.stack_seed(settings))
    cluster = Cluster(kubeconfig, settings.stack.cluster.context)
    with Watch(messages) as watch:
        return Deployment(
            cluster,
            settings.stack_name,
            manifests(recorded),
            # On a laptop the program has the last word over what was tried by hand.
            force=settings.stack.environment == "local",
            adopt=adopt,
            report=watch.report,
        ).run(timeout_seconds)


def tell(settings: Settings, outcome: Deployed, kubeconfig: str) -> None:
    """What runs, what went wrong, and what to try next."""
    results.print(progress.workloads(settings, outcome.objects))
    for kept in outcome.kept:
        messages.print(f"[yellow]kept[/] {escape(kept)} left the program but holds data")
    for each in outcome.failures:
        progress.tell_failure(each)
    blocked = [p.name for p in outcome.objects if p.change == "blocked"]
    if blocked:
        messages.print(f"not deployed, since what they need failed: {', '.join(blocked)}")
    if not outcome.succeeded:
        messages.print(
            f"[bold red]failed[/]: {len(outcome.failures)} of {len(outcome.objects)} objects; "
            "mend the cause and run the same command again"
        )
        return
    change = _changes(outcome) if outcome.changed else "no change"
    results.print(f"[bold green]done[/] in {outcome.seconds:.0f} s: {change}")
    progress.tell_next(kubeconfig)


def as_dict(settings: Settings, outcome: Deployed) -> dict[str, Any]:
    """The result for programs."""
    return {
        "stack": settings.stack_name,
        "engine": None,
        "succeeded": outcome.succeeded,
        "changed": outcome.changed,
        "seconds": round(outcome.seconds, 2),
        "pruned": sorted(outcome.pruned),
        "kept": sorted(outcome.kept),
        "objects": [progress.as_dict(each) for each in outcome.objects],
    }


def _changes(outcome: Deployed) -> str:
    made = [p for p in outcome.objects if p.change == "created"]
    changed = [p for p in outcome.objects if p.change == "changed"]
    parts = [
        f"{len(made)} created" if made else "",
        f"{len(changed)} changed" if changed else "",
        f"{len(outcome.pruned)} pruned" if outcome.pruned else "",
    ]
    named = [f"{p.kind} {p.name}" for p in changed[:5]]
    return ", ".join(filter(None, parts)) + (f" ({', '.join(named)})" if named else "")
