"""Where words go: results to standard output, everything else to standard error."""

import json
import sys
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live

WIDE = 160
"""Columns of a table in a pipe, which has no width of its own."""

results = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
messages = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """A result for a program: one JSON document, sorted keys."""
    results.file.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


class Followed:
    """Something whose course is shown: a moving part on a terminal, lines elsewhere."""

    def __init__(self, console: Console, *, live: bool = True) -> None:
        """Choose the form by whether the console is a terminal; it has room for one moving part."""
        self._console = console
        self._live = Live(console=console, transient=True) if live and console.is_terminal else None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        if self._live:
            self._live.stop()
