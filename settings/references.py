"""Which stacks a stack reads, so that several can be worked on in order (R-P4-REG).

Only the global layer reads, and only the regions that it names: a region never reads another
(decision 11).
"""

from settings.loader import Settings


def reads(settings: Settings) -> tuple[str, ...]:
    """The stacks whose outputs this one takes."""
    return tuple(f"{settings.stack_name}-{market}" for market in settings.stack.regions)


def releases(settings: Settings) -> tuple[str, ...]:
    """The stacks that a release of this one goes to, one after the other: regions, then above.

    The first region that its file names is the first that meets the new version.
    """
    return (*reads(settings), settings.stack_name)
