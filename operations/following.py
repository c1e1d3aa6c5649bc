"""A Rollout followed to its end, for whoever applied it: the engine's hook (decision 4, A-1).

Says each step, weight and verdict as it changes, and fails as soon as the controller has given up,
with the metric, its value and its query. A pause that waits for a person is an end as well: nothing
more happens until somebody promotes. The program imports this, so the client of the API server is
imported where a Rollout is followed and not before.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from operations.cluster import Cluster
    from operations.wait import Progress

LOOK_SECONDS = 2.0
"""Every service's Rollout is followed at once, so each is looked at less often."""
LONGEST_SECONDS = 900.0
"""Beside the pauses of its own steps: until its deadline has passed, for every pod."""


class UnsettledError(Exception):
    """A Rollout that did not become what was asked for."""


def rollout(
    kubeconfig: str, context: str | None, namespace: str, name: str, tell: Callable[[str], None]
) -> None:
    """Return when it is healthy or waits for a person; raise why it is neither."""
    from operations.wait import Progress, follow
    from operations.workloads import ROLLOUT_API

    progress = Progress(
        urn=f"Rollout/{name}",
        api_version=ROLLOUT_API,
        kind="Rollout",
        namespace=namespace,
        name=name,
        change="changed",
        started=time.monotonic(),
    )
    told = ""

    def report(progresses: "Sequence[Progress]") -> None:
        nonlocal told
        for each in progresses:
            line = f"{each.kind} {each.name}: {each.state.message}"
            if line != told:
                told = line
                tell(line)

    follow(_cluster(kubeconfig, context), [progress], report, LONGEST_SECONDS, LOOK_SECONDS)
    if not progress.state.good:
        raise UnsettledError(failure(progress))


def failure(progress: "Progress") -> str:
    """Why, with what its analysis saw and the last events."""
    lines = [f"{progress.kind} {progress.name}: {progress.state.message}", *progress.events]
    return "\n  ".join(lines)


def _cluster(kubeconfig: str, context: str | None) -> "Cluster":
    """Behind a path, or behind a kubeconfig given whole, which is on disk for a moment only."""
    from operations.cluster import Cluster

    if "\n" not in kubeconfig and not kubeconfig.lstrip().startswith("{"):
        return Cluster(str(Path(kubeconfig).expanduser()), context)
    descriptor, path = tempfile.mkstemp(prefix="manpasik-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(kubeconfig)
        return Cluster(path, context)
    finally:
        Path(path).unlink()
