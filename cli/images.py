"""`mpk images`: which images a release has, for people and for a pipeline's matrix (R-IMG-1)."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli import workflow
from cli.console import print_json, results
from operations import naming
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
        bool, typer.Option("--to-workflow", help="Also as the output `images` of a job: builds.")
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
        workflow.tell({"images": json.dumps(builds(services))})
    if as_json:
        print_json(found)
        return
    for name, told in found.items():
        results.print(f"{name}: {told}" if look else told, markup=False)


def builds(services: Sequence[str]) -> list[dict[str, str]]:
    """How each image is built from a checkout of the product in `product` (images/README.md)."""
    place = Images().registry
    own = [
        {
            "name": each,
            "image": f"{place}/{each}",
            "context": "product/backend",
            "target": "service",
        }
        for each in services
    ]
    sql = "catalog=catalog/services\nsql=product/infrastructure/database/init"
    migrations = {
        "name": MIGRATIONS,
        "image": f"{place}/{MIGRATIONS}",
        "context": "images",
        "target": MIGRATIONS,
        "contexts": sql,
    }
    return [*({**each, "contexts": ""} for each in own), migrations]


def image_name(
    image: Annotated[str, typer.Argument(help="The image, as ghcr.io/manpasik/auth-service.")],
    digest: Annotated[str, typer.Option(help="What was built, scanned and signed: sha256:….")],
    version: Annotated[str, typer.Option(help="latest, staging or v1.2.3.")],
    product: Annotated[Path, typer.Option(help="The product's checkout that it was built from.")],
) -> None:
    """Give a pushed image its names: the version, and sha-<commit of the product> (R-IMG-1)."""
    registry = Registry(os.environ.get("GITHUB_ACTOR", ""), os.environ.get("GITHUB_TOKEN", ""))
    tags = naming.tags_of(version, product)
    size = naming.name(registry, image, digest, tags)
    results.print(f"{image}: {', '.join(tags)} ({size / 1e6:.1f} MB)", markup=False)
