"""One update of a stack at a time on this machine, and no lock that outlives its owner (A-6).

Two locks, for two reasons. The kernel's keeps two runs of `mpk` apart and goes with its process.
The engine's own file keeps everybody apart and stays behind when the engine is killed: it is
cleared only while the kernel's lock is held, and only where its owner is dead and was of here.
"""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Generator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from cli.failures import LockedError

PATIENCE_SECONDS = 900
LOOK_SECONDS = 0.2
_FILE = "file://"
_SLACK_SECONDS = 2


@contextlib.contextmanager
def alone(folder: Path, stack: str, patience_seconds: float) -> Generator[None]:
    """Hold the kernel's lock of a stack, or refuse by name once patience is over."""
    deadline = time.monotonic() + patience_seconds
    with (folder / "lock").open("a+") as file:
        while not _taken(file.fileno()):
            if time.monotonic() >= deadline:
                file.seek(0)
                raise LockedError(
                    f"another `mpk` on this machine (process {file.read().strip() or 'unknown'}) "
                    f"is at work on {stack}; nothing was done\n  next: wait for it, or give a "
                    "longer --wait-for-lock"
                )
            time.sleep(LOOK_SECONDS)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def owner_lives(backend_url: str, stack: str) -> bool:
    """Whether an engine's lock may belong to a running process.

    Only a file backend can be looked into; of any other, and of another machine's lock, the answer
    is yes: a lock that is cleared wrongly costs the state.
    """
    if not backend_url.startswith(_FILE):
        return True
    locks = Path(backend_url.removeprefix(_FILE)).expanduser() / ".pulumi" / "locks"
    found = [lock for lock in locks.rglob("*.json") if lock.parent.name == stack]
    return any(_runs(_content(lock)) for lock in found)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _content(lock: Path) -> Mapping[str, Any]:
    """What a lock says of its owner; nothing where it went or was cut in the middle."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads(lock.read_text())
    return {}


def _runs(content: Mapping[str, Any]) -> bool:
    if content.get("hostname", socket.gethostname()) != socket.gethostname():
        return True
    try:
        owner = psutil.Process(int(content.get("pid", 0)))
        # A number that was given out again belongs to a younger process.
        return owner.create_time() <= _written(content) + _SLACK_SECONDS
    except psutil.NoSuchProcess:
        return False


def _written(content: Mapping[str, Any]) -> float:
    with contextlib.suppress(ValueError):
        text = str(content.get("timestamp", ""))
        # Go writes nanoseconds, which Python 3.11 reads only as microseconds.
        head, dot, rest = text.partition(".")
        zone = rest.lstrip("0123456789")
        return datetime.fromisoformat(f"{head}{zone}" if dot else text).timestamp()
    return float("inf")
