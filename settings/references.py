"""Which stacks a stack reads, so that several can be worked on in order (R-P4-REG).

Only the global layer reads, and only regions: a region never reads another (decision 11).
"""

from settings.loader import Settings, stack_names

GLOBAL_STACK = "production"
REGION_PREFIX = f"{GLOBAL_STACK}-"
_GLOBAL_FROM_PHASE = 4


def reads(settings: Settings) -> tuple[str, ...]:
    """The stacks whose outputs this one takes."""
    if settings.stack_name != GLOBAL_STACK or settings.stack.phase < _GLOBAL_FROM_PHASE:
        return ()
    return tuple(name for name in stack_names() if name.startswith(REGION_PREFIX))
