"""`mpk preview`: what the engine would do, with the state and the world before its eyes.

`mpk plan` says the same without an engine, from the program alone.
"""

from pathlib import Path
from typing import Annotated

import typer

from cli.acting import AsJson, Asked, Stacks, Work, act, over_stacks
from cli.failures import CHANGES
from cli.plans import new_plan_of
from cli.reports import tell
from cli.stacks import EngineResult


@over_stacks
def preview(
    stacks: Stacks,
    save_plan: Annotated[
        Path | None,
        typer.Option(help="Folder to keep each stack's plan in, for `mpk up --plan`."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 4 where anything would change.")
    ] = False,
    as_json: AsJson = False,
    *,
    asked: Asked,
) -> None:
    """Show what an update of each stack would do."""

    def one(work: Work) -> EngineResult:
        file = new_plan_of(save_plan, work.settings.stack_name) if save_plan else None
        return work.engine.preview(work.on_event, save_plan=file)

    outcomes = act(stacks, asked, one, program=True)
    tell(outcomes, as_json=as_json)
    if exit_code and any(each.result and each.result.changed for each in outcomes):
        raise typer.Exit(CHANGES)
