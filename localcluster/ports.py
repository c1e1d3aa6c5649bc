"""Free loopback ports, kept over restarts as long as nobody else takes them."""

import socket
import time
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"
RELEASE_SECONDS = 2.0
"""How long the kernel may take to close the sockets of a killed process."""


def is_free(port: int) -> bool:
    """Whether a server could listen on that loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Go's servers set this too: a port in TIME_WAIT is free for them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def becomes_free(port: int) -> bool:
    """Whether the port is free, or becomes so as its killed owner's sockets are closed."""
    deadline = time.monotonic() + RELEASE_SECONDS
    while not (free := is_free(port)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return free


def pick(avoid: Iterable[int] = ()) -> int:
    """A free loopback port outside `avoid`, chosen by the kernel."""
    taken = set(avoid)
    held: list[socket.socket] = []
    try:
        while True:
            probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            held.append(probe)
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
            if port not in taken:
                return port
    finally:
        for each in held:
            each.close()
