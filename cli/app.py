"""The tree of commands, and how every known error reaches a person.

Exit codes: 0 done; 1 a deployment failed, or a schema is stale; 2 the input is wrong; 3 cluster or
engine is not there; 4 `mpk plan --exit-code` found changes; 130 interrupted.
"""

from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from cli import local
from cli.check import check
from cli.compose import compose
from cli.console import messages
from cli.destroy import destroy
from cli.engine import EngineError
from cli.plan import plan
from cli.render import render
from cli.schema import schema
from cli.seal import seal
from cli.up import up
from localcluster import LocalClusterError, UnusableError
from operations.cluster import ClusterError
from rendering.folder import OutputFolderError
from rendering.sources import SourceError
from settings.problems import SettingsError

BAD_INPUT = 2
NOT_THERE = 3
INTERRUPTED = 130


class _Explaining(TyperGroup):
    """Turns the program's own errors into sentences and exit codes; others keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (SettingsError, OutputFolderError, SourceError, UnusableError) as error:
            self._tell(error, BAD_INPUT)
        except (ClusterError, LocalClusterError, EngineError) as error:
            self._tell(error, NOT_THERE)
        except KeyboardInterrupt:
            sentence = "Interrupted. What is done stays; run the same command again to go on."
            self._tell(sentence, INTERRUPTED)

    def _tell(self, what: object, code: int) -> None:
        messages.print(f"[bold red]error[/] {escape(str(what))}")
        raise typer.Exit(code)


app = typer.Typer(
    cls=_Explaining,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Deploys the ManPaSik health product, from a laptop to four regions.",
)
app.command()(up)
app.command()(check)
app.command()(render)
app.command()(compose)
app.command()(seal)
app.command()(plan)
app.command()(schema)
app.command()(destroy)
app.add_typer(local.app, name="local", help="The embedded Kubernetes cluster on this machine.")


def main() -> None:
    """Entry point of `mpk`."""
    app()
