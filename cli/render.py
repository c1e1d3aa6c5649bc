"""`mpk render`: the stack's Kubernetes objects as files, without engine, cloud or credentials."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages, print_json
from rendering.folder import refuse_foreign
from rendering.manifest import manifests, write_manifests
from rendering.recorder import record
from settings.loader import load


def render(
    stack: Annotated[str, typer.Argument(help="The stack to render.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder for the files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write one YAML file per object; no secret appears in any of them."""
    settings = load(stack)
    if not output:
        raise typer.BadParameter("name a folder", param_hint="--output")
    folder = Path(output).absolute()
    refuse_foreign(folder)
    written = write_manifests(manifests(record(settings)), folder)
    if as_json:
        print_json({"folder": str(output), "files": [path.name for path in written]})
    else:
        messages.print(f"{len(written)} objects of stack {stack} are in {output}")
