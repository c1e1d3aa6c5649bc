"""The tree of commands, and how every known error reaches a person.

Exit codes: 0 done; 1 a deployment failed, a schema is stale, or lint found something; 2 the input
is wrong; 3 cluster or engine is not there or lets nobody in; 4 `--exit-code` and there are changes;
5 somebody has to decide first: a lock, a conflict, a protected resource, a policy, another plan, a
load that this machine could not send; 130 interrupted.
"""

from collections.abc import Mapping
from typing import Any

import typer
from rich.markup import escape

from cli.commands import LazyGroup
from cli.console import messages

FAILED = 1
BAD_INPUT = 2
NOT_THERE = 3
INTERRUPTED = 130
# By name: whoever raises one has imported it, and nobody else has to.
CODES: Mapping[str, int | None] = {
    "cli.failures.EngineError": None,
    "settings.problems.SettingsError": BAD_INPUT,
    "rendering.folder.OutputFolderError": BAD_INPUT,
    "rendering.commits.SourceError": BAD_INPUT,
    "localcluster.errors.UnusableError": BAD_INPUT,
    "operations.refusal.RefusedError": BAD_INPUT,
    "operations.migrations.running.MigrationError": FAILED,
    "operations.migrations.backfill.BackfillError": FAILED,
    "operations.cluster.ClusterError": NOT_THERE,
    "localcluster.errors.LocalClusterError": NOT_THERE,
    "drill.product.DrillError": NOT_THERE,
}
"""Exit codes of the errors that the program tells as sentences; None: its own `code`."""


class _Explaining(LazyGroup):
    """Turns the program's own errors into sentences and exit codes; others keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sentence = "Interrupted. What is done stays; run the same command again to go on."
            self._tell(sentence, INTERRUPTED)
        except Exception as error:
            code = _code_of(error)
            if code is None:
                raise
            self._tell(error, code)

    def _tell(self, what: object, code: int) -> None:
        messages.print(f"[bold red]error[/] {escape(str(what))}")
        raise typer.Exit(code)


def _code_of(error: Exception) -> int | None:
    """The nearest known ancestor decides."""
    for kind in type(error).__mro__:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in CODES:
            return CODES[name] or int(getattr(error, "code", FAILED))
    return None


app = typer.Typer(cls=_Explaining, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def mpk() -> None:
    """Deploy the ManPaSik health product, from a laptop to four regions."""


def main() -> None:
    """Entry point of `mpk`."""
    app()
