"""What a stack says of copies and logs, and no component can make: refused, not ignored.

Residency judges whether data may be where a setting puts it; this says whether anything puts it
there at all.
"""

from collections.abc import Iterator

from settings.catalog import Catalog
from settings.keeping import Backups
from settings.region_rules import FIRST_PHASE
from settings.stack import Stack

_Finding = tuple[str, object, str, str]
"""Key below the stack, value, message, remedy."""


def problems(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """Every such setting of a stack."""
    cloud = stack.cloud
    kept_by_us = stack.market is not None and stack.phase >= FIRST_PHASE and cloud is not None
    if stack.backups.copies and not kept_by_us:
        message = "cannot be made: only a region's own database leaves its backups in a bucket"
        yield "backups.copies", list(stack.backups.copies), message, "remove it"
    for index, place in enumerate(stack.backups.copies):
        home = stack.backups.location or (cloud.region if cloud else None)
        if place == home or place in stack.backups.copies[:index]:
            yield f"backups.copies.{index}", place, "holds the backups already", "remove it"
    if cloud is None and stack.backups != Backups() and catalog.environments.get(stack.environment):
        message = "is kept by a cloud, and the stack has none"
        yield "backups", stack.backups.model_dump(exclude_defaults=True), message, "remove it"
    if cloud and stack.logs.location not in (None, cloud.region):
        message = "is not where the cloud writes: logs stay in the stack's own region"
        yield "logs.location", stack.logs.location, message, f"remove it, or say {cloud.region}"
