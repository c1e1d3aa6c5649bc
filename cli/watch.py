"""The course of a deployment as a person follows it: a live table, or a line per change.

A terminal gets a table of what still moves under counts of what is done; anything else gets one
line whenever an object's state changes, so that a log stays readable.
"""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.console import Followed
from operations.readiness import has_progress
from operations.wait import Progress

_MARKS = {
    "ready": "[green]✓[/]",
    "progressing": "[yellow]…[/]",
    "failed": "[red]✗[/]",
    "paused": "[cyan]‖[/]",
}
_ROWS_KEPT_FREE = 6


class Watch(Followed):
    """Shows every report of a deployment; use it as a context manager."""

    def __init__(self, console: Console, *, live: bool = True) -> None:
        """Choose the form by whether the console is a terminal."""
        super().__init__(console, live=live)
        self._last: dict[str, str] = {}

    def report(self, objects: Sequence[Progress]) -> None:
        """Show where everything stands."""
        slow = [progress for progress in objects if has_progress(progress.kind)]
        if self._live:
            self._live.update(Group(counts(objects), self._table(slow)))
            return
        for progress in slow:
            line = f"{progress.kind} {progress.name}: {progress.state.message}"
            begun = progress.started is not None
            quiet = progress.change == "unchanged" and progress.settled
            if begun and not quiet and self._last.get(progress.urn) != line:
                self._last[progress.urn] = line
                self._console.print(f"{_MARKS[progress.state.phase]} {escape(line)}")

    def _table(self, slow: Sequence[Progress]) -> RenderableType:
        moving = [p for p in slow if p.state.phase != "ready"]
        moving.sort(key=lambda progress: progress.started is None)
        room = max(3, self._console.height - _ROWS_KEPT_FREE)
        table = Table.grid(padding=(0, 2))
        for progress in moving[:room]:
            table.add_row(
                _MARKS[progress.state.phase],
                escape(progress.name),
                progress.kind,
                Text(progress.state.message, overflow="ellipsis", no_wrap=True),
            )
        if len(moving) > room:
            table.add_row("", f"and {len(moving) - room} more", "", "")
        return table


def counts(objects: Sequence[Progress]) -> Text:
    """How many of each kind are ready."""
    total = Counter(progress.kind for progress in objects)
    ready = Counter(p.kind for p in objects if p.state.phase == "ready")
    parts = [f"{kind} {ready[kind]}/{total[kind]}" for kind in sorted(total) if has_progress(kind)]
    others = sum(count for kind, count in total.items() if not has_progress(kind))
    others_ready = sum(count for kind, count in ready.items() if not has_progress(kind))
    return Text("   ".join([*parts, f"other objects {others_ready}/{others}"]), style="bold")
