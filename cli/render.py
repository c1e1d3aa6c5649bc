"""`mpk render`: Kubernetes objects as files, without engine, cloud or credentials."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages, print_json
from rendering import kustomize, marked
from rendering.folder import refuse_foreign
from rendering.kustomize import Overlay
from rendering.manifest import CHARTS, manifests, write_manifests
from rendering.recorder import record
from settings.loader import load


def render(
    stack: Annotated[str | None, typer.Argument(help="The stack to render.")] = None,
    output: Annotated[str, typer.Option("--output", "-o", help="Folder for the files.")] = "",
    tree: Annotated[
        bool,
        typer.Option(
            "--kustomize",
            help="The Kustomize tree of all stacks instead; by default the project's own.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write one YAML file per object, or the Kustomize tree; no secret appears in any of them."""
    if tree:
        if stack is not None:
            raise typer.BadParameter("--kustomize writes the tree of all stacks; name none")
        _tree(Path(output).absolute() if output else kustomize.folder(), as_json=as_json)
        return
    if stack is None:
        raise typer.BadParameter("name a stack, or say --kustomize", param_hint="STACK")
    settings = load(stack)
    if not output:
        raise typer.BadParameter("name a folder", param_hint="--output")
    folder = Path(output).absolute()
    refuse_foreign(folder)
    recorded = record(settings)
    objects, charts = manifests(recorded), marked.charts(marked.beside(recorded))
    written = write_manifests(objects, folder, charts)
    if as_json:
        files = [path.relative_to(folder).as_posix() for path in written]
        print_json({"folder": str(output), "files": files})
        return
    messages.print(f"{len(objects)} objects of stack {stack} are in {output}")
    if charts:
        messages.print(f"and {len(charts)} charts with their values in {output}/{CHARTS}")


def tell_of_seals(overlays: Sequence[Overlay]) -> None:
    """Say which keys have no sealed value yet, and which values went with their keys."""
    for each in overlays:
        for key in each.dropped:
            messages.print(f"{each.name}: dropped {key.namespace}/{key}: no such key", markup=False)
        if each.unsealed:
            messages.print(
                f"{each.name}: not sealed yet, so what reads it will not start; "
                f"run: mpk seal {each.name}",
                markup=False,
            )
        for place, keys in groupby(each.unsealed, lambda key: f"{key.namespace}/{key.secret}"):
            messages.print(f"  {place}: {', '.join(key.key for key in keys)}", markup=False)


def _tree(folder: Path, *, as_json: bool) -> None:
    overlays = kustomize.render(folder)
    if as_json:
        unsealed = {
            each.name: [f"{key.namespace}/{key}" for key in each.unsealed] for each in overlays
        }
        print_json({"folder": str(folder), "unsealed": unsealed})
        return
    counts = ", ".join(f"{each.name} ({len(each.objects)} objects)" for each in overlays)
    messages.print(f"the Kustomize tree of {counts} is in {folder}", markup=False)
    tell_of_seals(overlays)
