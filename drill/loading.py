"""The load gate tried on this machine: Envoy before small servers, loaded as a release would be.

Proves the generator, the thresholds and the data plane, and says nothing of the product's own
services: no code of theirs runs here. Bounded in time; everything ends with it.
"""

import asyncio
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drill import envoy
from drill.behaviour import Behaviour
from drill.mesh import Configuration, Endpoint
from drill.metrics import PodCounts
from drill.pods import Server
from drill.product import DrillError
from localcluster import ports, processes
from operations.load import Loaded, attack

HOST = "gateway"
"""As the mesh calls it; the generator names it in its requests."""
_OPEN_SECONDS = 15.0
_SERVERS = 3


def load(generator: Path, *, rate: int, seconds: int, behaviour: Behaviour) -> Loaded:
    """Load three servers behind Envoy, which behave so."""
    with tempfile.TemporaryDirectory(prefix="mpk-load-") as temporary, _serving(behaviour) as open_:
        folder = Path(temporary)
        (folder / "logs").mkdir()
        port = ports.pick()
        admin = ports.pick([port])
        launch = envoy.launch(folder, port=port, admin_port=admin)
        files = envoy.Files(folder, admin)
        files.push(_one_service(), [Endpoint(service=HOST, port=each, labels={}) for each in open_])
        processes.start(launch, folder)
        try:
            _until_ready(admin)
            address = f"http://127.0.0.1:{port}/health"
            return attack(generator, address, rate=rate, seconds=seconds, host=HOST, h2c=True)
        finally:
            processes.stop([each.process for each in processes.running(folder)])


def _one_service() -> Configuration:
    service: dict[str, Any] = {
        "metadata": {"name": HOST},
        "spec": {"selector": {}, "ports": [{"port": 8080, "appProtocol": "http"}]},
    }
    return Configuration(services=[service], virtual_services=[], destination_rules=[])


@contextmanager
def _serving(behaviour: Behaviour) -> Generator[list[int]]:
    """The servers' ports, while they listen on a loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers = [
        Server(pod=f"{HOST}-{n}", tag="v1", counts=PodCounts(labels={}), fate=lambda: behaviour)
        for n in range(_SERVERS)
    ]
    try:
        for server in servers:
            asyncio.run_coroutine_threadsafe(server.listen(), loop).result()
        yield [server.port for server in servers]
    finally:
        for server in servers:
            loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _until_ready(admin: int) -> None:
    deadline = time.monotonic() + _OPEN_SECONDS
    while not envoy.ready(admin):
        if time.monotonic() > deadline:
            raise DrillError("Envoy was not ready in time")
        time.sleep(0.05)
