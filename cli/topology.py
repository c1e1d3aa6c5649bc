"""`mpk topology`: a picture of a stack, from its recording."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages
from rendering.manifest import manifests
from rendering.recorder import record
from rendering.topology import picture
from settings.loader import load


def topology(
    stack: Annotated[str, typer.Argument(help="The stack to draw.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The SVG file to write.")],
) -> None:
    """Draw a stack: the way in, the services with their pods, and the stores they wait for."""
    made = record(load(stack))
    drawn = picture(stack, manifests(made), made)
    output.expanduser().write_text(drawn)
    messages.print(f"the picture of stack {stack} is in {output}", markup=False)
