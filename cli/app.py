"""The tree of commands, and how every known error reaches a person.

Exit codes: 0 done; 1 a deployment failed, a schema is stale, or lint found something; 2 the input
is wrong; 3 cluster or engine is not there or lets nobody in; 4 `--exit-code` and there are changes;
5 somebody has to decide first: a lock, a conflict, a protected resource, a policy, another plan;
130 interrupted.
"""

from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from cli import dashboards, drill, engine_install, local, migrate, product
from cli.check import check
from cli.checklist import checklist, evidence
from cli.cloud import cloud
from cli.compose import compose
from cli.console import messages
from cli.cost import cost
from cli.decide import abort, promote, switch
from cli.destroy import destroy
from cli.drift import drift
from cli.failures import EngineError
from cli.images import image_name, images
from cli.imports import import_
from cli.kubeconfig import kubeconfig
from cli.load import load
from cli.outputs import outputs
from cli.plan import plan
from cli.pr_comment import pr_comment
from cli.pr_publish import pr_publish
from cli.preview import preview
from cli.refresh import refresh
from cli.release import release
from cli.render import render
from cli.rollback import rollback
from cli.schema import schema
from cli.seal import seal
from cli.status import status
from cli.topology import topology
from cli.up import up
from drill.product import DrillError
from localcluster import LocalClusterError, UnusableError
from operations.cluster import ClusterError
from operations.migrations.backfill import BackfillError
from operations.migrations.running import MigrationError
from operations.refusal import RefusedError
from rendering.folder import OutputFolderError
from rendering.sources import SourceError
from settings.problems import SettingsError

FAILED = 1
BAD_INPUT = 2
NOT_THERE = 3
INTERRUPTED = 130
_BAD_INPUTS = (SettingsError, OutputFolderError, SourceError, UnusableError, RefusedError)


class _Explaining(TyperGroup):
    """Turns the program's own errors into sentences and exit codes; others keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (
            SettingsError,
            OutputFolderError,
            SourceError,
            UnusableError,
            RefusedError,
        ) as error:
            self._tell(error, BAD_INPUT)
        except (MigrationError, BackfillError) as error:
            self._tell(error, FAILED)
        except EngineError as error:
            self._tell(error, error.code)
        except (ClusterError, LocalClusterError, DrillError) as error:
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
app.command()(pr_comment)
app.command()(pr_publish)
app.command()(checklist)
app.command()(images)
app.command()(image_name)
app.command()(cloud)
app.command()(load)
app.command()(evidence)
app.command()(cost)
app.command()(topology)
app.command()(schema)
app.command()(preview)
app.command()(refresh)
app.command()(drift)
app.command()(outputs)
app.command()(kubeconfig)
app.command("import")(import_)
app.command()(destroy)
app.add_typer(dashboards.app, name="dashboards", help="Dashboards as pictures and as JSON.")
app.add_typer(engine_install.app, name="engine")
app.add_typer(product.app, name="product")
app.add_typer(drill.app, name="drill", help="Tries releases with a clock and a prober.")
app.add_typer(migrate.app, name="migrate", help="Database changes under running versions.")
app.command()(release)
app.command()(promote)
app.command()(abort)
app.command()(switch)
app.command()(rollback)
app.command()(status)
app.add_typer(local.app, name="local", help="The embedded Kubernetes cluster on this machine.")


def main() -> None:
    """Entry point of `mpk`."""
    app()
