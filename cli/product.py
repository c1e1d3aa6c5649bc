"""`mpk product …`: the product's own build and tests, for its CI and for a laptop."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages, print_json
from operations import product
from operations.product import Step
from settings.loader import load_catalog

FAILED = 1

app = typer.Typer(no_args_is_help=True, help="The product's own build, lint and tests.")
Folder = Annotated[Path, typer.Argument(help="A checkout of the product.")]
Json = Annotated[bool, typer.Option("--json", help="Print the counts of tests as JSON.")]


@app.command("go")
def go(folder: Folder, as_json: Json = False) -> None:
    """Vet, test and build every service of the catalogue."""
    _run(product.go(folder, sorted(load_catalog().services)), as_json=as_json)


@app.command("rust")
def rust(folder: Folder, as_json: Json = False) -> None:
    """Format, clippy, test and build the client library."""
    _run(product.rust(folder), as_json=as_json)


@app.command("e2e")
def e2e(
    folder: Folder,
    gateway: Annotated[str, typer.Option(help="Address of the gateway: host:port.")],
    as_json: Json = False,
) -> None:
    """Run the end-to-end tests against a gateway."""
    _run(product.e2e(folder, gateway), as_json=as_json)


def _run(steps: list[Step], *, as_json: bool) -> None:
    counts = product.run(steps, lambda text: messages.print(text, markup=False))
    if as_json:
        print_json(counts)
    if counts["failed"]:
        raise typer.Exit(FAILED)
