"""What the stacks that a recorded one reads would tell it: sound regions of its own version."""

from collections.abc import Mapping
from typing import Any

from settings.loader import Settings
from settings.markets import place_of, stack_of

Told = Mapping[str, Mapping[str, Any]]
"""The outputs of other stacks, by their names."""


def regions(settings: Settings) -> Told:
    """The regions below a stack, as each would be when all are up at the stack's own version."""
    return {
        stack_of(settings, market): {
            "region": {
                "market": market,
                "version": settings.release,
                "provider": settings.stack.cloud.provider if settings.stack.cloud else None,
                "place": place_of(settings, market),
                "host": f"{market}.{settings.environment.host}",
                "addresses": [f"203.0.113.{10 * number + 1}", f"203.0.113.{10 * number + 2}"],
                "references": [f"eipalloc-{market}-0", f"eipalloc-{market}-1"],
            }
        }
        for number, market in enumerate(settings.stack.regions)
    }
