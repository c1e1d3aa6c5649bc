"""`mpk images`: which images a release has, for people and for a pipeline's matrix (R-IMG-1)."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.console import print_json, results
from operations.registry import Registry
from settings.loader import load_catalog
from settings.stack import Images

MIGRATIONS = "migrations"


def images(
    version: Annotated[str, typer.Argument(help="The tag: v1.2.3, staging, latest, sha-….")] = "",
    look: Annotated[
        bool, typer.Option("--look", help="Ask the registry for each: signed, unsigned, absent.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    to_workflow: Annotated[
        bool, typer.Option("--to-workflow", help="Also as the output `services` of a job.")
    ] = False,
) -> None:
    """Name every image of the catalogue: no list of services stands in a workflow (D-2)."""
    services = sorted(load_catalog().services)
    tag = f":{version}" if version else ""
    found: dict[str, str] = {
        name: f"{Images().registry}/{name}{tag}" for name in [*services, MIGRATIONS]
    }
    if look:
        registry = Registry()
        found = {name: registry.look(image).found for name, image in found.items()}
    if to_workflow:
        with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
            output.write(f"services={json.dumps(services)}\n")
    if as_json:
        print_json(found)
        return
    for name, told in found.items():
        results.print(f"{name}: {told}" if look else told, markup=False)
