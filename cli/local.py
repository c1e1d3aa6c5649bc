"""`mpk local up | status | down`: the cluster on this machine.

Exit codes are those of `cli/app.py`; `status` exits with 3 where the cluster is absent or not
ready.
"""

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

import localcluster
from localcluster import crds, releases

NOT_READY = 3
LINE_EVERY_SECONDS = 10.0
MEBIBYTE = 1024 * 1024

app = typer.Typer(
    help="The Kubernetes control plane on this machine: loopback only, no container, no root.",
    no_args_is_help=True,
)
NameOption = Annotated[str, typer.Option("--name", help="Which cluster; several run side by side.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]


class _Lines:
    """Progress for a pipe or a log: a line for each new step, and one every few seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._next = 0.0

    def __call__(self, done: int, total: int, message: str) -> None:
        now = time.monotonic()
        if done and done < total and now < self._next:
            return
        self._next = now + LINE_EVERY_SECONDS
        count = f" [{done}/{total}]" if total else ""
        typer.echo(f"{now - self._began:6.1f}s{count} {message}", err=True)


@contextmanager
def build_progress(*, quiet: bool = False) -> Generator[localcluster.Report]:
    """A report that suits stderr: a live bar on a terminal, lines elsewhere."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield localcluster.quiet if quiet else _Lines()
        return
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(done: int, total: int, message: str) -> None:
            bar.update(task, completed=done, total=total or None, description=escape(message))

        yield report


@app.command()
def up(
    name: NameOption = "local",
    nodes: Annotated[int | None, typer.Option(min=1, help="How many nodes.")] = None,
    cpu: Annotated[str | None, typer.Option(help="Processors of each node [4].")] = None,
    memory: Annotated[str | None, typer.Option(help="Memory of each node [8Gi].")] = None,
    lifetime: Annotated[
        int | None, typer.Option(min=1, help="Seconds until the cluster ends by itself.")
    ] = None,
    kinds: Annotated[
        bool,
        typer.Option("--crds", help="Serve the kinds of the mesh, certificates, Argo CD … too."),
    ] = False,
    rollouts: Annotated[
        bool,
        typer.Option("--rollouts", help="Run the Argo Rollouts controller and Prometheus too."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Start the cluster, or repair it; a whole one is left alone.

    Without --nodes an existing cluster keeps its nodes, and a new one has three.
    """
    began = time.monotonic()
    if (cpu or memory) and not nodes:
        raise typer.BadParameter("--cpu and --memory size the nodes: say how many with --nodes.")
    wanted = localcluster.uniform(nodes, cpu=cpu or "4", memory=memory or "8Gi") if nodes else None
    with build_progress(quiet=as_json) as report:
        cluster = localcluster.up(name, wanted, lifetime_seconds=lifetime, report=report)
        if kinds:
            crds.install(cluster, crds.crds(report=report), report)
        if rollouts:
            before = cluster.started
            cluster = releases.add(cluster, report)
            cluster = replace(cluster, started=(*before, *cluster.started))
    if as_json:
        typer.echo(json.dumps(localcluster.status(name), indent=2))
        return
    console = Console()
    what = f"started {', '.join(cluster.started)}" if cluster.started else "everything ran already"
    took = f"{time.monotonic() - began:.1f} s"
    console.print(f"Cluster [bold]{cluster.name}[/bold] is ready after {took}: {what}.")
    console.print(f"  {len(cluster.nodes)} nodes, API server {cluster.server}")
    if rollouts:
        console.print(f"  Prometheus {releases.prometheus_url(name)}")
    console.print(f"  export KUBECONFIG={cluster.kubeconfig}", soft_wrap=True)
    console.print(f"  {cluster.kubectl} get nodes", soft_wrap=True)


@app.command()
def status(name: NameOption = "local", as_json: JsonOption = False) -> None:
    """Say how the cluster is; exit 3 when it is absent or not ready."""
    found = localcluster.status(name)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif not found["exists"]:
        typer.echo(f"There is no cluster {name}. `mpk local up --name {name}` makes one.")
    else:
        _print_status(found)
    if not found["ready"]:
        raise typer.Exit(NOT_READY)


@app.command()
def down(name: NameOption = "local", as_json: JsonOption = False) -> None:
    """End the cluster's processes and remove all it made."""
    with build_progress(quiet=as_json) as report:
        was_there = localcluster.down(name, report=report)
    if as_json:
        typer.echo(json.dumps({"name": name, "removed": was_there}))
    else:
        typer.echo(f"Cluster {name} is gone." if was_there else f"There was no cluster {name}.")


def _print_status(found: dict[str, Any]) -> None:
    table = Table("process", "runs", "pid", "ports", "memory")
    for part in found["processes"]:
        table.add_row(
            part["name"],
            "yes" if part["alive"] else "[red]no[/red]",
            str(part["pid"] or ""),
            " ".join(str(port) for port in part["ports"]),
            f"{(part['memory_bytes'] or 0) // MEBIBYTE} MiB",
        )
    console = Console()
    state = "ready" if found["ready"] else "NOT ready; `mpk local up` repairs it"
    console.print(f"Cluster [bold]{found['name']}[/bold] is {state}.")
    console.print(table)
    for node in found["nodes"]:
        ready = "Ready" if node["ready"] else "NotReady"
        console.print(f"  {node['name']} {ready} cpu {node['cpu']} memory {node['memory']}")
    console.print(f"  export KUBECONFIG={found['kubeconfig']}", soft_wrap=True)
