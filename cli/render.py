"""`mpk render`: the stack's Kubernetes objects as files, without engine, cloud or credentials."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages, print_json
from rendering.manifest import manifests, refuse_foreign_files, write_manifests
from rendering.recorder import record
from settings.loader import load


def render(
    stack: Annotated[str, typer.Argument(help="The stack to render.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write one YAML file per object; secrets appear as [secret]."""
    settings = load(stack)
    refuse_foreign_files(output)
    written = write_manifests(manifests(record(settings)), output.absolute())
    if as_json:
        print_json({"folder": str(output), "files": [path.name for path in written]})
    else:
        messages.print(f"{len(written)} objects of stack {stack} are in {output}")
