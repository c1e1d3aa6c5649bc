"""The data plane of a drill as one process: `python -m drill.world FOLDER CLUSTER PORT ADMIN_PORT`.

Watches the cluster, keeps a server for each pod, tells Envoy what istiod would tell it and answers
Prometheus. It decides nothing about a release: what the controllers write is what requests meet.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from drill import behaviour, mesh, metrics
from drill.crashes import Crashes
from drill.envoy import LOG, Files
from drill.fleet import Fleet
from drill.log import Tail
from drill.metrics import Logged, Source
from drill.watching import Kind, Object, Watched
from localcluster import record
from localcluster.api import Endpoint
from settings import names

DEBOUNCE_SECONDS = 0.1
"""istiod waits so long for more changes of configuration (PILOT_DEBOUNCE_AFTER). Endpoints go at
once."""
LOOK_SECONDS = 0.1
SOURCE_FILE = "metrics-source"
MESSAGES = "messages.jsonl"
"""What was sent to the webhook, a message a line."""
_SPACE = f"namespaces/{names.APPLICATION_NAMESPACE}"
_ISTIO = f"/apis/networking.istio.io/v1/{_SPACE}"
KINDS = (
    Kind(name="pods", path=f"/api/v1/{_SPACE}/pods"),
    Kind(name="services", path=f"/api/v1/{_SPACE}/services"),
    Kind(name="slices", path=f"/apis/discovery.k8s.io/v1/{_SPACE}/endpointslices"),
    Kind(name="virtual_services", path=f"{_ISTIO}/virtualservices"),
    Kind(name="destination_rules", path=f"{_ISTIO}/destinationrules"),
)


class World:
    """Everything that stands between the API server and the requests."""

    def __init__(self, folder: Path, api: Endpoint, admin_port: int) -> None:
        """Begin to watch; needs a running loop."""
        loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._folder = folder
        self._files = Files(folder, admin_port)
        self._fleet = Fleet(Crashes(api))
        self._logged: Counter[Logged] = Counter()
        self._due: float | None = None
        self._last = ""

        def changed() -> None:
            loop.call_soon_threadsafe(self._changed.set)

        self._watched = Watched(api, KINDS, changed)

    async def run(self, port: int) -> None:
        """Go on until the process is ended."""
        tail = Tail(self._folder / LOG)
        await asyncio.start_server(self._answer, "127.0.0.1", port)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)
            self._changed.clear()
            self._fleet.behaviours = behaviour.load(self._folder)
            self._logged.update(tail.read())
            found = self._watched.snapshot()
            await self._fleet.follow(found["pods"])
            await self._tell_envoy(found)

    async def _tell_envoy(self, found: dict[str, list[Object]]) -> None:
        """Endpoints at once, by the configuration that Envoy has; a new one after a moment.

        Files are written beside the loop: a slow disk, or an Envoy that is waited for, would
        otherwise keep every pod from answering.
        """
        pushed, endpoints = self._fleet.configuration, self._endpoints(found)
        now = mesh.Configuration(
            services=found["services"],
            virtual_services=found["virtual_services"],
            destination_rules=found["destination_rules"],
        )
        if pushed is not None:
            await asyncio.to_thread(
                self._files.push_endpoints, mesh.destinations(pushed), endpoints
            )
        if now != pushed and self._due is None:
            self._due = time.monotonic() + DEBOUNCE_SECONDS
            asyncio.get_running_loop().call_later(DEBOUNCE_SECONDS, self._changed.set)
        if self._due is not None and time.monotonic() >= self._due:
            await asyncio.to_thread(self._files.push, now, endpoints)
            self._fleet.configuration, self._due = now, None

    def _endpoints(self, found: dict[str, list[Object]]) -> list[mesh.Endpoint]:
        servers = self._fleet.servers
        labels = {
            pod["metadata"]["name"]: pod["metadata"].get("labels", {}) for pod in found["pods"]
        }
        return [
            mesh.Endpoint(service=service, port=servers[pod].port, labels=labels[pod])
            for each in found["slices"]
            for service, pod in _ready(each)
            if pod in servers and pod in labels
        ]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await self._take(head, reader)
            body = b"ok\n" if head.startswith("POST ") else self._text().encode()
            told = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n"
            writer.write(f"{told}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode())
            writer.write(body)
            await writer.drain()
            writer.close()

    async def _take(self, head: str, reader: asyncio.StreamReader) -> None:
        """Keep what is posted: this is the webhook, too."""
        if not head.startswith("POST "):
            return
        lengths = (line for line in head.lower().splitlines() if line.startswith("content-length:"))
        size = int(next(lengths, "content-length: 0").partition(":")[2])
        text = (await reader.readexactly(size)).decode()
        with (self._folder / MESSAGES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(json.loads(text)) + "\n")

    def _text(self) -> str:
        pods = self._watched.snapshot()["pods"]
        found = metrics.text(self._fleet.counts(), self._logged, pods)
        file = self._folder / SOURCE_FILE
        source = Source(file.read_text()) if file.exists() else Source.GOOD
        answer = metrics.failing(found, source, self._last)
        if source is Source.GOOD:
            self._last = found
        return answer


def _ready(of: Object) -> list[tuple[str, str]]:
    """The service of a slice with each of its pods that takes requests."""
    service: str = of["metadata"]["labels"]["kubernetes.io/service-name"]
    endpoints: list[dict[str, Any]] = of.get("endpoints") or []
    return [
        (service, each["targetRef"]["name"])
        for each in endpoints
        if each.get("conditions", {}).get("ready") and "targetRef" in each
    ]


async def _run(folder: Path, cluster: str, port: int, admin_port: int) -> None:
    directory = record.directory_of(cluster)
    api = record.endpoint(directory, record.load(directory))
    await World(folder, api, admin_port).run(port)


def main() -> None:
    """Be the data plane of the cluster of that name."""
    folder, cluster, port, admin_port = sys.argv[1:5]
    asyncio.run(_run(Path(folder), cluster, int(port), int(admin_port)))


if __name__ == "__main__":
    main()
