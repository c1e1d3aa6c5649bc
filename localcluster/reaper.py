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
    """Have a shell wait, which costs a megabyte; Python comes only for the end."""
    script = (
        'seconds=$(($1 - $(date +%s))); [ "$seconds" -le 0 ] || sleep "$seconds"; '
        'cd "$2" && exec "$3" -m localcluster.reaper "$4"'
    )
    arguments = [str(int(ends_at)), str(PROJECT), sys.executable, cluster]
    return Launch(
        part=PART,
        command=["/bin/sh", "-c", script, PART, *arguments],
        environment={"MANPASIK_STATE": str(paths.state_dir())},
    )


def main() -> None:
    """Take down the named cluster."""
    # Imported here because the control plane imports this module.
    from localcluster.control_plane import down  # noqa: PLC0415

    down(sys.argv[1])


if __name__ == "__main__":
    main()
