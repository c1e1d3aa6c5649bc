"""`mpk targets`: which stacks a release goes to, in order, for people and for a pipeline (0074).

No workflow says how many regions there are: the stack's settings do. In phases 2 and 3 it is the
stack itself; in phase 4 its regions, one after the other, and then the stack above them.
"""

import json
from typing import Annotated

import typer

from cli import workflow
from cli.console import print_json, results
from cli.target import JsonOption
from settings.loader import load_all
from settings.markets import is_global
from settings.references import releases


def targets(
    stacks: Annotated[list[str], typer.Argument(help="The stacks that are released.")],
    to_workflow: Annotated[
        bool, typer.Option("--to-workflow", help="Also as outputs of a step.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell which stacks a release goes to, in order: regions, then the stack above them."""
    asked = load_all(dict.fromkeys(stacks))
    order = load_all(dict.fromkeys(name for each in asked.values() for name in releases(each)))
    above = [name for name, each in order.items() if is_global(each)]
    clusters = [name for name in order if name not in above]
    if to_workflow:
        outputs = {"clusters": json.dumps(clusters), "all": json.dumps(list(order))}
        workflow.tell({**outputs, "above": " ".join(above)})
    if as_json:
        print_json({"clusters": clusters, "above": above, "all": list(order)})
        return
    results.print("\n".join(order), markup=False)
