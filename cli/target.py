"""Options that every command on a live cluster shares, and the cluster that they choose."""

from pathlib import Path
from typing import Annotated

import typer

from cli import embedded
from operations.cluster import Cluster
from operations.refusal import RefusedError
from settings.loader import Settings

StackOption = Annotated[str, typer.Option("--stack", help="The stack.")]
KubeconfigOption = Annotated[
    Path | None, typer.Option(help="Cluster to use instead of the stack's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ApprovedOption = Annotated[
    str,
    typer.Option(
        envvar="MPK_APPROVED_BY", help="Who approved it; an environment may demand it (R-ENV-2)."
    ),
]


def cluster_of(settings: Settings, chosen: Path | None) -> Cluster:
    """The stack's cluster, or the one that is named; starts nothing."""
    return Cluster(kubeconfig_of(settings, chosen), settings.stack.cluster.context)


def kubeconfig_of(settings: Settings, chosen: Path | None) -> str:
    """The kubeconfig that is named, else the stack's own."""
    return str(chosen.expanduser()) if chosen else embedded.kubeconfig_of(settings)


def refuse_unapproved(settings: Settings, approved_by: str) -> None:
    """Where only operations may change anything, somebody approved it (R-ENV-2)."""
    if settings.environment.approval and not approved_by.strip():
        raise RefusedError(
            f"{settings.stack.environment} changes only after an approval (R-ENV-2): say who gave "
            "it with --approved-by or MPK_APPROVED_BY"
        )
