"""`mpk product …`: the product's own build and tests, for its CI and for a laptop."""

from pathlib import Path
from typing import Annotated

import typer

from cli import embedded
from cli.console import messages, print_json
from cli.target import KubeconfigOption, StackOption, kubeconfig_of
from operations import doors, product
from operations.product import Step
from settings.catalog_rules import GATEWAY
from settings.loader import load, load_catalog

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
    gateway: Annotated[
        str, typer.Option(help="Address of a gateway alone, as host:port; else a stack's.")
    ] = "",
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    as_json: Json = False,
) -> None:
    """Run the end-to-end tests against a stack's services, each through a door of its own."""
    if gateway:
        _run(product.e2e(folder, gateway, {}), as_json=as_json)
        return
    settings = load(stack)
    context = settings.stack.cluster.context
    kubectl = (
        embedded.kubectl(),
        f"--kubeconfig={kubeconfig_of(settings, kubeconfig)}",
        *([f"--context={context}"] if context else []),
    )
    ports = {name: each.port for name, each in settings.services.items()}
    with doors.opened(kubectl, ports) as addresses:
        door = addresses.pop(GATEWAY)
        _run(product.e2e(folder, door, addresses), as_json=as_json)


def _run(steps: list[Step], *, as_json: bool) -> None:
    counts = product.run(steps, lambda text: messages.print(text, markup=False))
    if as_json:
        print_json(counts)
    if counts["failed"]:
        raise typer.Exit(FAILED)
