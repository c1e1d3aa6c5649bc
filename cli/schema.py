"""`mpk schema`: what editors know of the stack files and the catalogue."""

from typing import Annotated

import typer

from cli.console import messages, print_json, results
from rendering.folder import replace_file
from settings import loader
from settings.schema import outdated, schemas

STALE = 1


def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a file is stale.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Write nothing; print the schemas, or what --check found."),
    ] = False,
) -> None:
    """Write the JSON Schemas, and the line in each YAML file that names its own to editors."""
    if as_json and not check:
        print_json(schemas())
        return
    stale = outdated(loader.ROOT)
    if check:
        _judge(list(stale), as_json=as_json)
        return
    for file, content in stale.items():
        replace_file(loader.ROOT / file, content)
    messages.print(f"rewritten: {', '.join(stale)}" if stale else "no change", markup=False)


def _judge(stale: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"stale": stale})
    elif not stale:
        results.print("[green]✓[/] schemas and first lines are what the models say")
    else:
        several = f" and {len(stale) - 1} more are" if stale[1:] else " is"
        messages.print("[bold red]error[/]", end=" ")
        messages.print(f"{stale[0]}{several} stale; run `mpk schema`", markup=False)
    if stale:
        raise typer.Exit(STALE)
