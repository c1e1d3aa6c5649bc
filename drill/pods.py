"""The small servers that stand for pods: one port of loopback each, all in one process.

An answer says which version and pod gave it. What goes wrong is drawn for each request by the
version's behaviour, so what the prober and Envoy see is what a client of such a version would see.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from drill.behaviour import Behaviour
from drill.metrics import PodCounts

ERROR = 500
OK = 200
_END = b"\r\n\r\n"
_WORDS = {OK: "OK", ERROR: "Internal Server Error"}

Fate = Callable[[], Behaviour]
"""Asked for each request: how does this version behave now?"""


@dataclass(kw_only=True)
class Server:
    """The stand-in of one pod."""

    pod: str
    tag: str
    counts: PodCounts
    fate: Fate
    port: int = 0
    _server: asyncio.Server | None = None
    connections: set[asyncio.BaseTransport] = field(default_factory=set[asyncio.BaseTransport])

    async def listen(self) -> None:
        """Take requests; on the port it had before, where it had one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, reuse_address=True
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    @property
    def listens(self) -> bool:
        """Whether it takes requests."""
        return self._server is not None

    def close(self) -> None:
        """Take no more requests; what is being answered is cut off, as by a crash."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections):
            connection.close()

    def answer(self, code: int) -> bytes:
        """The whole answer."""
        body = f"{self.tag} {self.pod}\n"
        return (
            f"HTTP/1.1 {code} {_WORDS[code]}\r\nx-version: {self.tag}\r\nx-pod: {self.pod}\r\n"
            f"content-length: {len(body)}\r\n\r\n{body}"
        ).encode()


class _Connection(asyncio.Protocol):
    """One kept-alive connection of Envoy's. Requests have no body, and come one after another."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a server's are
        self._transport = transport
        self._server.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        if self._transport is not None:
            self._server.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while _END in self._buffer:
            _, _, self._buffer = self._buffer.partition(_END)
            seconds, code = drawn(self._server.fate())
            loop = asyncio.get_running_loop()
            loop.call_later(seconds, self._write, code, loop.time())

    def _write(self, code: int, began: float) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._server.answer(code))
            seconds = asyncio.get_running_loop().time() - began
            self._server.counts.count(code, seconds)


def drawn(of: Behaviour) -> tuple[float, int]:
    """How long one answer takes, and its code."""
    slow = random.random() < of.slow_share  # noqa: S311 - a simulation
    failed = random.random() < of.error_share  # noqa: S311 - a simulation
    return of.slow_latency if slow else of.latency, ERROR if failed else OK
