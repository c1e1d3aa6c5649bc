"""`mpk trust`: what makes a cluster of one's own take a pipeline's identity (0023, 0075)."""

from typing import Annotated

import typer

from cli.console import messages, results
from operations import way_in
from rendering.manifest import to_yaml
from settings import access_table
from settings.loader import load


def trust(
    stack: Annotated[
        str, typer.Argument(help="The stack, and the GitHub environment of its name.")
    ],
    server: Annotated[
        str, typer.Option(envvar="CLUSTER_SERVER", help="The cluster's address: the audience.")
    ],
) -> None:
    """Print the API server's --authentication-config, and the role binding beside it."""
    load(stack)
    subject = access_table.subject(stack)
    results.file.write(to_yaml([way_in.authentication(server, subject), way_in.binding(subject)]))
    messages.print(
        "the first document is a file for --authentication-config, the second is to be applied",
        markup=False,
    )
