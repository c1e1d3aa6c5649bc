"""Take a cluster down at its end: `python -m localcluster.reaper <name> <seconds>`.

A cluster made for a test is bounded in time even when the test's process is killed. The reaper is a
process of the cluster like the others, so `down` before that time ends it too.
"""

import sys
from pathlib import Path

from localcluster.processes import Launch
from settings import paths

PART = "reaper"
PROJECT = Path(__file__).resolve().parent.parent


def launch(cluster: str, ends_at: float) -> Launch:
    """A shell waits, which costs a megabyte; Python comes only for the end."""
    script = (
        'while [ "$(date +%s)" -lt "$1" ]; do sleep 1; done; '
        'cd "$2" && exec "$3" -m localcluster.reaper "$4"'
    )
    return Launch(
        part=PART,
        command=["/bin/sh", "-c", script, PART, str(int(ends_at)), str(PROJECT), sys.executable, cluster],
        environment={"MANPASIK_STATE": str(paths.state_dir())},
    )


def main() -> None:
    """Take down the named cluster."""
    from localcluster.control_plane import down

    down(sys.argv[1])


if __name__ == "__main__":
    main()
