"""An image registry on loopback, as the distribution specification has it; and a webhook."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = Callable[["Request"], tuple[int, dict[str, str], Any]]
DIGEST = "sha256:" + "a" * 64


class Request:
    """What was asked."""

    def __init__(self, method: str, path: str, headers: Any, body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body


@contextlib.contextmanager
def answering(handle: Handler) -> Iterator[str]:
    """A server of loopback for as long as the block lasts; its `host:port`."""

    class _Answers(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked = Request(self.command, self.path, self.headers, body)
            status, headers, content = handle(asked)
            text = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - as the library calls them

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def holding(*tags: str, signed: bool = True) -> Iterator[str]:
    """A registry in which every repository has these tags and no other."""
    signature = f"{DIGEST.replace(':', '-')}.sig"

    def handle(asked: Request) -> tuple[int, dict[str, str], Any]:
        kind, _, what = asked.path.rpartition("/")
        there = what in tags or (signed and what == signature)
        if not kind.endswith("manifests") or not there:
            return 404, {}, {}
        return 200, {"docker-content-digest": DIGEST}, {}

    with answering(handle) as address:
        yield f"{address}/manpasik"


@contextlib.contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Where messages may be sent, and the texts that came."""
    texts: list[str] = []

    def handle(asked: Request) -> tuple[int, dict[str, str], Any]:
        texts.append(json.loads(asked.body)["text"])
        return status, {}, {}

    with answering(handle) as address:
        yield f"http://{address}/hook", texts
