"""`mpk outputs`: what a stack gives to those who read it."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.acting import AsJson, Asked, Stacks, Work, act, over_stacks
from cli.console import print_json, results
from cli.reports import end


@over_stacks
def outputs(
    stacks: Stacks,
    show_secrets: Annotated[bool, typer.Option(help="Print secrets in the open.")] = False,
    as_json: AsJson = False,
    *,
    asked: Asked,
) -> None:
    """Print the outputs of each stack's last update."""

    def one(work: Work) -> Mapping[str, Any]:
        return work.engine.outputs(show_secrets=show_secrets)

    outcomes = act(stacks, asked, one)
    found = {each.stack: dict(each.result) for each in outcomes if each.result is not None}
    if as_json:
        print_json(found)
    else:
        for stack, values in found.items():
            for name, value in values.items():
                results.print(f"{stack}  {name}  {escape(str(value))}")
    end(outcomes)
