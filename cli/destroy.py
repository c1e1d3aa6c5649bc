"""`mpk destroy`: everything of stacks away, their data included."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pulumi import automation

from cli import acting, embedded
from cli import engine as engines
from cli.console import messages, print_json, results
from cli.reports import end
from cli.stacks import EngineResult
from operations.cluster import Cluster
from operations.deploy import destroy as destroy_recorded
from settings.loader import Settings, load_all

WRONG_CONFIRMATION = 2


@acting.over_stacks
def destroy(
    stacks: acting.Stacks,
    confirm: Annotated[
        str, typer.Option(help="The stacks' names again, with spaces between.", prompt=True)
    ],
    engine: Annotated[
        engines.EngineChoice, typer.Option(help="Through the Pulumi engine, or without.")
    ] = engines.EngineChoice.AUTO,
    as_json: acting.AsJson = False,
    *,
    asked: acting.Asked,
) -> None:
    """Delete every object of stacks, volumes and their data included; first those that read."""
    loaded = load_all(dict.fromkeys(stacks))
    if sorted(confirm.split()) != sorted(loaded):
        named = "the stack's name" if len(loaded) == 1 else "the stacks' names"
        messages.print(f"not deleted: {confirm!r} is not {named} {' '.join(loaded)!r}")
        raise typer.Exit(WRONG_CONFIRMATION)
    command = engines.engine_command(engine, install=asked.install_engine)
    if command is None:
        for each in loaded.values():
            engines.refuse_cloud(each)
    there = {name: each for name, each in loaded.items() if _has_a_cluster(each, asked.kubeconfig)}
    for name in loaded.keys() - there.keys():
        results.print(f"stack {name} has no cluster here, so there is nothing to delete")
    if command is None:
        _recorded(there, asked.kubeconfig, as_json=as_json)
        return
    _through_engine(there, command, asked, as_json=as_json)


def _has_a_cluster(settings: Settings, kubeconfig: Path | None) -> bool:
    return kubeconfig is not None or embedded.exists_for(settings)


def _through_engine(
    there: Mapping[str, Settings],
    command: automation.PulumiCommand,
    asked: acting.Asked,
    *,
    as_json: bool,
) -> None:
    def one(work: acting.Work) -> EngineResult:
        return work.engine.destroy(work.on_event)

    outcomes = acting.act(list(there), asked, one, backwards=True, command=command)
    deleted = {e.stack: e.result.changes.get("delete", 0) for e in outcomes if e.result}
    _tell({stack: {"deleted": count, "objects": []} for stack, count in deleted.items()}, as_json)
    end(outcomes)


def _recorded(there: Mapping[str, Settings], kubeconfig: Path | None, *, as_json: bool) -> None:
    gone: dict[str, dict[str, Any]] = {}
    for name, settings in there.items():
        path = acting.named_cluster(settings, kubeconfig)
        found = destroy_recorded(Cluster(path, settings.stack.cluster.context), name)
        gone[name] = {"deleted": len(found), "objects": found}
    _tell(gone, as_json)


def _tell(gone: Mapping[str, Mapping[str, Any]], as_json: bool) -> None:
    documents = [{"stack": stack, **each} for stack, each in gone.items()]
    if as_json:
        print_json(documents[0] if len(documents) == 1 else {"stacks": documents})
        return
    for each in documents:
        results.print(f"{each['deleted']} objects of stack {each['stack']} deleted")
