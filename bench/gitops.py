"""The runbook walked through beside the real Argo CD, as a table: what was typed, what was seen.

    python -m bench.gitops
    python -m bench.gitops --only ownership

On a local cluster of its own: the real Argo CD with auto-sync and self-heal, Argo Rollouts,
Prometheus and autoscaler follow the rendered tree of two services in a repository on disk, beside
the program's own applies (issue 6, acceptances 5 and 6). A course that does not hold is told, and
the next begins.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from bench.gitops_courses import COURSES
from bench.gitops_walk import AUTH, PARTS, PLAN, NotSeenError, Walk, mend
from cli.embedded import nodes_of
from drill import gitops
from drill.product import SERVICE, DrillError
from localcluster import LocalClusterError
from operations.cluster import ClusterError

FAILURES = (
    NotSeenError,
    DrillError,
    ClusterError,
    LocalClusterError,
    subprocess.TimeoutExpired,
)


def walked(only: list[str], parts: Sequence[str]) -> bool:
    """Walk, and print the table; whether all of it held."""
    held = True
    with tempfile.TemporaryDirectory(prefix="mpk-gitops-") as folder:
        began = time.monotonic()
        with gitops.opened(PLAN, nodes_of, Path(folder), only=parts) as (drill, following):
            first = drill.product.settings.release
            walk = Walk(
                drill=drill, following=following, tags={AUTH: first, SERVICE: first}, parts=parts
            )
            _line(f"cluster, product and Argo CD after {time.monotonic() - began:.0f} s\n")
            _line("| course | seconds | load | seen |\n|---|---|---|---|")
            for name, course in COURSES.items():
                if not only or name in only:
                    held = _told(name, course, walk) and held
    return held


def _told(name: str, course: Callable[[Walk], str], walk: Walk) -> bool:
    began, good = time.monotonic(), dict(walk.tags)
    try:
        seen, held = course(walk), True
    except FAILURES as error:
        seen, held = f"**does not hold**: {' '.join(str(error).split())[:600]}", False
        with suppress(*FAILURES):
            mend(walk, good)
    load = os.getloadavg()[0]
    _line(f"| {name} | {time.monotonic() - began:.0f} | {load:.0f} | {seen} |")
    return held


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Walk what is asked for; 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=tuple(COURSES), default=[])
    parser.add_argument("--part", action="append", choices=PARTS, help="what Argo CD follows")
    asked = parser.parse_args(arguments)
    return 0 if walked(asked.only, asked.part or PARTS) else 1


if __name__ == "__main__":
    raise SystemExit(main())
