"""Who is told, on loopback: Slack, PagerDuty and a heartbeat over HTTP, e-mail over SMTP.

They keep what they are sent. A receiver can be told to refuse for a while.
"""

import contextlib
import http.server
import json
import socketserver
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from localcluster import LocalClusterError


@dataclass(frozen=True, slots=True)
class Message:
    """What one of them was sent."""

    receiver: str
    text: str
    """The whole of it, as text."""
    at: float


@dataclass
class Receivers:
    """All of them, and what they were sent, in order."""

    messages: list[Message] = field(default_factory=list[Message])
    http_port: int = 0
    smtp_port: int = 0

    def keep(self, receiver: str, text: str) -> None:
        """Take a message."""
        self.messages.append(Message(receiver, text, time.monotonic()))

    def of(self, receiver: str, *words: str) -> list[Message]:
        """Messages to one of them that hold these words."""
        return [
            each
            for each in list(self.messages)
            if each.receiver == receiver and all(word in each.text for word in words)
        ]

    def until(self, holds: Callable[["Receivers"], object], what: str, seconds: float) -> None:
        """Wait for it."""
        deadline = time.monotonic() + seconds
        while not holds(self):
            if time.monotonic() > deadline:
                told = [(each.receiver, each.text[:90]) for each in self.messages]
                raise LocalClusterError(f"{what}: not within {seconds:g} s; told were {told}")
            time.sleep(0.05)


@contextlib.contextmanager
def receiving() -> Generator[Receivers]:
    """Run them while the block lasts."""
    found = Receivers()
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    mail = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _mail(found))
    mail.daemon_threads = web.daemon_threads = True
    found.http_port, found.smtp_port = web.server_port, int(mail.server_address[1])
    servers = (web, mail)
    threads = [threading.Thread(target=s.serve_forever, args=(0.05,), daemon=True) for s in servers]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _handler(kept: Receivers) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a message to `/<receiver>…`; PagerDuty wants its own kind of answer."""
            body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.path.strip("/").partition("/")[0]
            kept.keep(name, json.dumps(body, ensure_ascii=False))
            self.send_response(202 if name == "pagerduty" else 200)
            self.end_headers()
            self.wfile.write(b'{"status":"success"}' if name == "pagerduty" else b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Nothing."""

    return Handler


_OK = "250 ok"
_ANSWERS = {"DATA": "354 go on", "QUIT": "221 bye"}


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs that sends one message in plain text."""

    timeout = 10
    kept: ClassVar[Receivers]

    def handle(self) -> None:
        """Talk until the client leaves."""
        self._say("220 rehearsal")
        for line in self.rfile:
            verb = line[:4].decode(errors="replace").upper().strip()
            if verb == "DATA":
                self._say(_ANSWERS[verb])
                self.kept.keep("email", self._content())
            self._say(_ANSWERS["QUIT"] if verb == "QUIT" else _OK)
            if verb == "QUIT":
                return

    def _content(self) -> str:
        lines: list[bytes] = []
        for line in self.rfile:
            if line.rstrip() == b".":
                break
            lines.append(line)
        return b"".join(lines).decode(errors="replace").replace("=\r\n", "")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def _mail(kept: Receivers) -> type[_Mail]:
    return type("Mail", (_Mail,), {"kept": kept})
