"""What must hold between a stack and the charts of its cluster (decision 0036)."""

from collections.abc import Iterator

from settings.catalog import Catalog
from settings.stack import Stack

_Finding = tuple[str, object, str, str]
"""Key below the stack, value, message, remedy."""


def problems(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """What a stack may not say of charts."""
    environment = catalog.environments.get(stack.environment)
    if environment is None:
        return
    if stack.charts.enabled:
        for there, message in (
            (stack.regions, "and the stack above the regions has no cluster"),
            (stack.cloud and stack.cloud.kind == "server", "and one server runs no cluster"),
            (
                stack.cloud is None and environment.platform is None,
                f"and {stack.environment} has no platform nodes for them to run on (D-7)",
            ),
        ):
            if there:
                yield "charts.enabled", True, message, "remove the line"
    if stack.charts.mirror and stack.charts.enabled is False:
        message = "is a mirror of charts that are not installed"
        yield "charts.mirror", stack.charts.mirror, message, "remove the line, or set enabled: true"
