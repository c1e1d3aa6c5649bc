"""`mpk seal`: a stack's secrets, encrypted for its cluster, into the Kustomize tree (R-P2-SEC)."""

from pathlib import Path
from typing import Annotated

import typer

import localcluster
from cli.console import messages
from cli.local import build_progress
from cli.render import tell_of_seals
from rendering import kustomize, sealing
from rendering.folder import refuse_foreign
from rendering.secret_values import opened, read_given
from settings.loader import load


def seal(
    stack: Annotated[str, typer.Argument(help="The stack whose secrets are sealed.")],
    secrets: Annotated[
        str | None,
        typer.Option(
            help="YAML file of NAME: value, mode 0600, with the secrets that are not generated; "
            "`-` reads standard input."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="SECRET/KEY: seal this key alone; may be given more than once."),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The tree; by default the project's own.")
    ] = "",
) -> None:
    """Seal the stack's secrets and render the tree anew, so that their readers roll."""
    settings = load(stack)
    kustomize.refuse_without_overlay(settings)
    folder = Path(output).absolute() if output else kustomize.folder()
    refuse_foreign(folder)
    certificate = sealing.certificate(settings)
    found = opened(settings, read_given(secrets), only or ())
    with build_progress() as report:
        kubeseal = localcluster.ensure(["kubeseal"], report)["kubeseal"]
    sealed = sealing.seal(kubeseal, certificate, found)
    overlays = kustomize.render(folder, {stack: sealed})
    messages.print(f"{len(sealed)} keys of {stack} are sealed in {folder}", markup=False)
    tell_of_seals([each for each in overlays if each.name == stack])
