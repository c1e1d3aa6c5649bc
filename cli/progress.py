"""What a person and a program are told of objects in a cluster, whichever way they came there."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli import embedded
from cli.console import messages, results
from operations.wait import Progress
from settings.loader import Settings
from settings.paths import local_kubeconfig


def as_dict(progress: Progress) -> dict[str, Any]:
    """An object for programs."""
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


def workloads(settings: Settings, objects: Sequence[Progress]) -> Table:
    """The services, with what each runs and how it stands."""
    table = Table("service", "tag", "port", "state", box=None, header_style="bold")
    deployments = {p.name: p for p in objects if p.kind in ("Deployment", "Rollout")}
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


def tell_failure(progress: Progress) -> None:
    """Which object, why, and its last events."""
    messages.print(
        f"[bold red]{progress.kind} {progress.name}[/]: {escape(progress.state.message)}"
    )
    for event in progress.events:
        messages.print(f"    {escape(event)}")


def tell_next(kubeconfig: str) -> None:
    """Where the cluster is, and what is worth trying."""
    results.print(f"kubeconfig: {kubeconfig}")
    results.print("try next:")
    results.print(f"  export KUBECONFIG={shlex.quote(kubeconfig)}")
    results.print(f"  {embedded.kubectl()} get deployments --namespace manpasik")
    if Path(kubeconfig) == local_kubeconfig():
        results.print(f"  {embedded.mpk()} local status")
    else:
        results.print(f"  {embedded.kubectl()} get pods --all-namespaces")
