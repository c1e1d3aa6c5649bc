"""The course of an update by the engine: counts that move, then what it said of failures."""

from collections import Counter

from pulumi import automation
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from cli.console import Followed

_NO_CHANGE = ("same", "refresh", "read")
_TOLD = ("error", "warning")
# What the program's hook says of how far one is (0046); engine and providers are chatty beside it.
_FOLLOWED = "Rollout "


class EngineWatch(Followed):
    """Follows engine events; use it as a context manager."""

    def __init__(self, console: Console, stack: str = "") -> None:
        """A moving line on a terminal; elsewhere one line per resource that changes.

        `stack`: several are followed, so each line says whose it is.
        """
        super().__init__(console, live=not stack)
        self._whose = f"[dim]{escape(stack)}[/] " if stack else ""
        self._running: dict[str, str] = {}
        self._done: Counter[str] = Counter()

    def on_event(self, event: automation.EngineEvent) -> None:
        """Take one event of the engine."""
        if event.resource_pre_event:
            metadata = event.resource_pre_event.metadata
            self._running[metadata.urn] = str(metadata.op.value)
        elif event.res_outputs_event:
            metadata = event.res_outputs_event.metadata
            self._running.pop(metadata.urn, None)
            self._finished(metadata.urn, str(metadata.op.value))
        elif event.res_op_failed_event:
            metadata = event.res_op_failed_event.metadata
            self._running.pop(metadata.urn, None)
            self._say(f"[red]✗[/] {escape(_name(metadata.urn))}: failed")
        elif (told := event.diagnostic_event) and _worth_telling(told):
            self._say(escape(told.message.strip()))
        if self._live:
            self._live.update(self._line())

    def _finished(self, urn: str, change: str) -> None:
        self._done[change] += 1
        if not self._live and change not in _NO_CHANGE:
            self._say(f"[green]✓[/] {escape(_name(urn))}: {change}")

    def _say(self, line: str) -> None:
        self._console.print(f"{self._whose}{line}")

    def _line(self) -> Text:
        done = ", ".join(f"{count} {change}" for change, count in sorted(self._done.items()))
        moving = [_name(urn) for urn, change in self._running.items() if change not in _NO_CHANGE]
        return Text(f"{done or 'starting'}   {', '.join(moving[:4])}")


def _worth_telling(told: automation.DiagnosticEvent) -> bool:
    followed = told.severity == "info" and told.message.startswith(_FOLLOWED)
    return (followed or told.severity in _TOLD) and not told.ephemeral


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
