"""A version for the stack above the regions: no service runs there, so its release is its update.

It is the last of a release (R-P4-REG): it refuses a region that is absent or of another version.
There is no cluster to keep its record in; the pipeline keeps what is printed.
"""

import time
from collections.abc import Callable

from operations import lock, records, versions
from operations.by_engine import DeployError
from operations.records import Record
from settings.loader import Settings


def release_above(
    settings: Settings, version: str, deploy: Callable[[], str], approved_by: str
) -> Record:
    """Bring it to the version; where that fails its file names the version from before again."""
    choice = versions.chosen(settings, (), version)
    done = Record(
        id=records.new_id(),
        stack=settings.stack_name,
        action="release",
        version=version,
        by=lock.me(),
        approved_by=approved_by,
        started=records.now(),
    )
    stage, began = done.begin("deploy"), time.monotonic()
    versions.keep(settings, choice)
    try:
        stage.detail = deploy()
        stage.outcome = done.outcome = "succeeded"
    except DeployError as failed:
        stage.outcome = done.outcome = "failed"
        stage.detail = done.reason = str(failed)
        versions.keep(settings, versions.present(settings, choice))
    stage.seconds = round(time.monotonic() - began, 2)
    done.finished = records.now()
    return done
