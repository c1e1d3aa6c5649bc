"""`mpk check`: whether the catalogue is sound, and the stacks are."""

from typing import Annotated

import typer

from cli.console import print_json, results
from settings.loader import load_all, load_catalog, stack_names


def check(
    stacks: Annotated[
        list[str] | None, typer.Argument(help="Stacks to check; all that have a file when absent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check catalogue and stack files; say everything that is wrong at once."""
    load_catalog()
    found = load_all(stacks or stack_names())
    if as_json:
        print_json(
            {
                name: {"services": sorted(settings.services), "stores": sorted(settings.stores)}
                for name, settings in found.items()
            }
        )
        return
    for name, settings in found.items():
        results.print(
            f"[green]✓[/] {name}: {len(settings.services)} services, "
            f"stores {', '.join(settings.stores)}"
        )
