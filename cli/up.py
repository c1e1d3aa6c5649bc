"""`mpk up`: a stack onto its cluster, through the engine where there is one."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi import automation
from rich.markup import escape
from rich.table import Table

from cli import embedded, stacks
from cli import engine as engines
from cli.console import messages, print_json, results
from cli.engine_watch import EngineWatch
from cli.watch import Watch
from operations.cluster import Cluster
from operations.deploy import Deployed, Deployment
from operations.wait import NOT_THERE, Progress, until_ready
from rendering.manifest import manifests
from rendering.recorder import record
from settings import secrets
from settings.loader import Settings, load
from settings.paths import local_kubeconfig

DEPLOYMENT_FAILED = 1
WAIT_SECONDS = 300
LOOK_SECONDS = 20


def up(
    stack: Annotated[str, typer.Argument(help="The stack to deploy.")],
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Cluster to use instead of the stack's own.")
    ] = None,
    engine: Annotated[
        engines.EngineChoice, typer.Option(help="Deploy through the Pulumi engine, or without.")
    ] = engines.EngineChoice.AUTO,
    install_engine: Annotated[
        bool, typer.Option(help="Let the Automation API install the engine first.")
    ] = False,
    adopt: Annotated[
        bool, typer.Option(help="Take over objects that something else made.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for everything.")] = 600,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Deploy a stack and wait until all of it is ready. Twice is as good as once."""
    settings = load(stack)
    command = engines.engine_command(engine, install=install_engine)
    if command is None:
        engines.refuse_encrypted(settings)
        messages.print(
            f"Deploying stack {stack} without the Pulumi engine: its recorded manifests by "
            "server-side apply."
        )
    else:
        messages.print(
            f"Deploying stack {stack} through the Pulumi engine {command.version}, "
            "state on this machine."
        )
    path = target(settings, kubeconfig)
    if command is not None:
        _through_engine(settings, command, path, adopt=adopt, as_json=as_json)
        return
    outcome = deploy_recorded(settings, path, adopt=adopt, timeout_seconds=timeout)
    if as_json:
        print_json(as_dict(settings, outcome))
    else:
        tell(settings, outcome, path)
    if not outcome.succeeded:
        raise typer.Exit(DEPLOYMENT_FAILED)


def _through_engine(
    settings: Settings,
    command: automation.PulumiCommand,
    kubeconfig: str,
    *,
    adopt: bool,
    as_json: bool,
) -> None:
    failed: engines.EngineError | None = None
    result = stacks.EngineResult(changes={}, outputs={})
    with EngineWatch(messages) as watch:
        try:
            result = stacks.EngineStack(settings, command, kubeconfig, adopt=adopt).up(
                watch.on_event
            )
        except engines.EngineError as error:
            failed = error
    # The engine forgets what it waited for when it is killed; the cluster says how things stand.
    waited = _look(settings, kubeconfig, WAIT_SECONDS if failed is None else LOOK_SECONDS)
    unready = [progress for progress in waited if progress.state.phase != "ready"]
    if as_json:
        print_json(
            {
                "stack": settings.stack_name,
                "engine": str(command.version),
                "succeeded": failed is None and not unready,
                "changed": result.changed,
                "changes": dict(result.changes),
                "outputs": dict(result.outputs),
                "failures": [_object(progress) for progress in unready],
            }
        )
    there = [progress for progress in unready if progress.state.message != NOT_THERE]
    for progress in there:
        _tell_failure(progress)
    if failed is not None and not there:
        raise failed
    if unready:
        count = f"{len(unready)} of {len(waited)} workloads"
        messages.print(
            f"[bold red]failed[/]: {count}; mend the cause and run the same command again"
        )
        raise typer.Exit(DEPLOYMENT_FAILED)
    if not as_json:
        results.print(_workloads(settings, waited))
        told = ", ".join(f"{count} {change}" for change, count in sorted(result.changes.items()))
        results.print(f"[bold green]done[/]: {told if result.changed else 'no change'}")
        _tell_next(kubeconfig)


def _look(settings: Settings, kubeconfig: str, seconds: float) -> Sequence[Progress]:
    cluster = Cluster(kubeconfig, settings.stack.cluster.context)
    with Watch(messages) as watch:
        return until_ready(cluster, manifests(record(settings)), watch.report, seconds)


def target(settings: Settings, chosen: Path | None) -> str:
    """The kubeconfig to use; the embedded cluster is started where it is the target."""
    if chosen is not None:
        return str(chosen.expanduser())
    if embedded.is_target(settings):
        embedded.start_for(settings)
    return embedded.kubeconfig_of(settings)


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
    results.print(_workloads(settings, outcome.objects))
    for kept in outcome.kept:
        messages.print(f"[yellow]kept[/] {escape(kept)} left the program but holds data")
    for progress in outcome.failures:
        _tell_failure(progress)
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
    _tell_next(kubeconfig)


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
        "objects": [_object(progress) for progress in outcome.objects],
    }


def _object(progress: Progress) -> dict[str, Any]:
    return {
        "kind": progress.kind,
        "namespace": progress.namespace,
        "name": progress.name,
        "change": progress.change,
        "phase": progress.state.phase,
        "message": progress.state.message,
        "seconds": None if progress.seconds is None else round(progress.seconds, 2),
        "events": progress.events,
    }


def _workloads(settings: Settings, objects: Sequence[Progress]) -> Table:
    table = Table("service", "tag", "port", "state", box=None, header_style="bold")
    deployments = {p.name: p for p in objects if p.kind == "Deployment"}
    for name, service in settings.services.items():
        progress = deployments[name]
        colour = {"ready": "green", "failed": "red"}.get(progress.state.phase, "yellow")
        table.add_row(
            name,
            settings.image_tag(name),
            str(service.port),
            f"[{colour}]{escape(progress.state.message)}[/]",
        )
    return table


def _tell_failure(progress: Progress) -> None:
    messages.print(
        f"[bold red]{progress.kind} {progress.name}[/]: {escape(progress.state.message)}"
    )
    for event in progress.events:
        messages.print(f"    {escape(event)}")


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


def _tell_next(kubeconfig: str) -> None:
    results.print(f"kubeconfig: {kubeconfig}")
    results.print("try next:")
    results.print(f"  export KUBECONFIG={shlex.quote(kubeconfig)}")
    results.print(f"  {embedded.kubectl()} get deployments --namespace manpasik")
    if Path(kubeconfig) == local_kubeconfig():
        results.print(f"  {embedded.mpk()} local status")
    else:
        results.print(f"  {embedded.kubectl()} get pods --all-namespaces")
