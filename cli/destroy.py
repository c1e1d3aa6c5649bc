"""`mpk destroy`: everything of a stack away, its data included."""

from pathlib import Path
from typing import Annotated

import typer

from cli import embedded, stacks
from cli import engine as engines
from cli.console import messages, print_json, results
from cli.engine_watch import EngineWatch
from cli.up import target
from operations.cluster import Cluster
from operations.deploy import destroy as destroy_recorded
from settings.loader import load

WRONG_CONFIRMATION = 2


def destroy(
    stack: Annotated[str, typer.Argument(help="The stack to delete.")],
    confirm: Annotated[str, typer.Option(help="The stack's name again.", prompt=True)],
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Cluster to use instead of the stack's own.")
    ] = None,
    engine: Annotated[
        engines.EngineChoice, typer.Option(help="Through the Pulumi engine, or without.")
    ] = engines.EngineChoice.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Delete every object of a stack, volumes and their data included."""
    settings = load(stack)
    if confirm != stack:
        messages.print(f"not deleted: {confirm!r} is not the stack's name {stack!r}")
        raise typer.Exit(WRONG_CONFIRMATION)
    command = engines.engine_command(engine, install=False)
    if kubeconfig is None and not embedded.exists_for(settings):
        results.print(f"stack {stack} has no cluster here, so there is nothing to delete")
        return
    path = target(settings, kubeconfig)
    if command is None:
        gone = destroy_recorded(Cluster(path, settings.stack.cluster.context), stack)
        count, found = len(gone), gone
    else:
        with EngineWatch(messages) as watch:
            result = stacks.EngineStack(settings, command, path).destroy(watch.on_event)
        count, found = result.changes.get("delete", 0), []
    if as_json:
        print_json({"stack": stack, "deleted": count, "objects": found})
    else:
        results.print(f"{count} objects of stack {stack} deleted")
