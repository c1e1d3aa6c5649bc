"""Files and locks that survive a SIGKILL: private, written whole or not at all.

A cluster's directory holds keys to a control plane, so nothing in it is readable by anybody else.
Locks are `flock`: the kernel releases them when their holder dies, so none is ever stale.
"""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
LOCK_POLL_SECONDS = 0.1


def make_private_directory(path: Path) -> Path:
    """Make a directory (and its parents) that only its owner may enter."""
    path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    path.chmod(PRIVATE_DIRECTORY)
    return path


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file of mode 0600 beside its place, then rename it there; unchanged files stay."""
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == data:
        path.chmod(PRIVATE_FILE)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    beside.replace(path)


def _try_lock(path: Path) -> int | None:
    """The descriptor of a held lock, or None when another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The last holder removes the file. A lock on a removed file guards nothing.
        if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


@contextmanager
def locked(path: Path, on_wait: Callable[[], None]) -> Generator[int]:
    """Hold the lock file `path`; call `on_wait` once when somebody else holds it.

    Yields the descriptor, so that a child process can keep the lock alive after its parent's death.
    """
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    descriptor = _try_lock(path)
    if descriptor is None:
        on_wait()
    while descriptor is None:
        time.sleep(LOCK_POLL_SECONDS)
        descriptor = _try_lock(path)
    try:
        yield descriptor
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)
