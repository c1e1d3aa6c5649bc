"""`mpk drift`: what others changed since the last update; changes nothing, not even the state."""

from typing import Annotated

import typer

from cli.acting import AsJson, Asked, Stacks, Work, act, over_stacks
from cli.failures import CHANGES
from cli.reports import tell
from cli.stacks import EngineResult


@over_stacks
def drift(
    stacks: Stacks,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 4 where anything drifted.")
    ] = False,
    as_json: AsJson = False,
    *,
    asked: Asked,
) -> None:
    """Show what is no longer as the last update left it."""

    def one(work: Work) -> EngineResult:
        return work.engine.drift(work.on_event)

    outcomes = act(stacks, asked, one)
    tell(outcomes, as_json=as_json, unchanged="no drift")
    if exit_code and any(each.result and each.result.changed for each in outcomes):
        raise typer.Exit(CHANGES)
