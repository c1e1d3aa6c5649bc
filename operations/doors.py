"""Ways to services that have no public door: `kubectl port-forward`, each on a free loopback port.

The product's end-to-end tests dial every service by itself, and only the gateway has a name
outside. The ways end with the work that needs them.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from operations.refusal import RefusedError
from settings import names

SECONDS = 60.0
"""Within which each must be open."""
_OPEN = re.compile(r"Forwarding from (127\.0\.0\.1:\d+) ")


class ClosedError(RefusedError):
    """A service cannot be reached from here."""


@contextmanager
def opened(
    kubectl: Sequence[str], ports: Mapping[str, int], seconds: float = SECONDS
) -> Generator[dict[str, str]]:
    """The address on this machine of each service, by name, for as long as it is needed."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="mpk-doors-")))
        running: dict[str, subprocess.Popen[bytes]] = {}
        for name, port in ports.items():
            running[name] = _begun(kubectl, name, port, folder)
            held.callback(_ended, running[name])
        until = time.monotonic() + seconds
        yield {name: _address(name, each, folder, until) for name, each in running.items()}


def _begun(kubectl: Sequence[str], name: str, port: int, folder: Path) -> subprocess.Popen[bytes]:
    place = ("--namespace", names.APPLICATION_NAMESPACE, "--address", "127.0.0.1")
    with (folder / name).open("wb") as said:
        return subprocess.Popen(  # noqa: S603 - kubectl, no shell
            [*kubectl, "port-forward", *place, f"service/{name}", f":{port}"],
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip


def _address(name: str, process: subprocess.Popen[bytes], folder: Path, until: float) -> str:
    while True:
        ended = process.poll() is not None or time.monotonic() > until
        said = (folder / name).read_text()
        if found := _OPEN.search(said):
            return found[1]
        if ended:
            raise ClosedError(f"{name} cannot be reached: {said.strip() or 'kubectl says nothing'}")
        time.sleep(0.05)


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
