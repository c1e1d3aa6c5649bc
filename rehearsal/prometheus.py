"""A real Prometheus on loopback, fed by the played product, and what it is asked."""

import contextlib
import http.server
import json
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from localcluster import LocalClusterError, programs
from localcluster.programs import quiet
from rehearsal.world import World

LIFETIME_SECONDS = 180
READY_SECONDS = 20.0
ANSWER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str

    def ask(self, expr: str, at: float | None = None) -> list[dict[str, Any]]:
        """An instant answer."""
        when = {} if at is None else {"time": f"{at:.3f}"}
        found = self._get("query", {"query": expr, **when})["result"]
        return cast("list[dict[str, Any]]", found if isinstance(found, list) else [])

    def over(self, expr: str, begin: float, end: float, step: float) -> list[dict[str, Any]]:
        """An answer over time."""
        span = {"start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        return self._get("query_range", {"query": expr, **span})["result"]

    def parsed(self, expr: str) -> dict[str, Any]:
        """The parts of an expression."""
        return self._get("parse_query", {"query": expr})

    def _get(self, what: str, asked: Mapping[str, str]) -> Any:
        body = urllib.parse.urlencode(asked).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{what}", data=body)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            told = error.read().decode(errors="replace")
            raise LocalClusterError(f"Prometheus refused {asked['query']!r}: {told}") from error


@contextlib.contextmanager
def running(program: str, arguments: Sequence[str], url: str, folder: Path) -> Generator[None]:
    """A program with `/-/ready`, while the block lasts and never longer than it may."""
    command = ["timeout", "--kill-after=5", str(LIFETIME_SECONDS),
               str(programs.ensure([program], quiet)[program]), *arguments]  # fmt: skip
    log = folder / f"{program}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - our own
    try:
        _until_ready(process, url, log)
        yield
    finally:
        process.terminate()
        process.wait(15)


@contextlib.contextmanager
def prometheus(
    folder: Path, config: Mapping[str, Any], port: int, *more: str
) -> Generator[Prometheus]:
    """A Prometheus with this configuration, whose data lies in the folder."""
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(dict(config), sort_keys=False))
    url = f"http://127.0.0.1:{port}"
    arguments = [f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
                 f"--web.listen-address={url.removeprefix('http://')}", *more]  # fmt: skip
    with running("prometheus", arguments, url, folder):
        yield Prometheus(url)


def rules_file(folder: Path, groups: Sequence[Mapping[str, Any]]) -> Path:
    """The groups as a file."""
    file = folder / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": list(groups)}, sort_keys=False, width=100_000))
    return file


def exposition(world: World) -> str:
    """What an exporter answers."""
    lines = [
        f"{name}{{{_shown(labels)}}} {float(value)!r}" for name, labels, value in world.samples()
    ]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def exporter(world: World, speed: float = 1.0) -> Generator[str]:
    """Serve the world on loopback, so many times as fast as the clock; yields host and port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(world, speed))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(world: World, speed: float) -> type[http.server.BaseHTTPRequestHandler]:
    lock, last = threading.Lock(), [time.monotonic()]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer a scrape."""
            with lock:
                now = time.monotonic()
                world.advance((now - last[0]) * speed)
                last[0] = now
                body = exposition(world).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Nothing."""

    return Handler


def _shown(labels: Sequence[tuple[str, str]]) -> str:
    return ",".join(f'{key}="{value}"' for key, value in labels)


def _until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/-/ready", timeout=2):  # noqa: S310
            return
        time.sleep(0.05)
    tail = log.read_text(errors="replace")[-2000:]
    raise LocalClusterError(f"{process.args!r} does not answer:\n{tail}")
