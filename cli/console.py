"""Where words go: results to standard output, everything else to standard error."""

import json
from typing import Any

from rich.console import Console

results = Console(highlight=False, soft_wrap=True)
messages = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """A result for a program: one JSON document, sorted keys."""
    results.file.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
