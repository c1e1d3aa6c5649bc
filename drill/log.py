"""Envoy's access log, read as it grows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drill.metrics import Logged

_FIELDS = 9


@dataclass
class Tail:
    """What was appended since the last look; whole lines only."""

    path: Path
    _position: int = 0

    def read(self) -> Iterator[Logged]:
        """The requests that were logged since."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return
        whole, newline, _ = data.rpartition(b"\n")
        self._position += len(whole) + len(newline)
        for line in whole.decode().splitlines():
            if found := _parsed(line):
                yield found


def _parsed(line: str) -> Logged | None:
    parts = line.split("\t")
    if len(parts) != _FIELDS:
        return None
    _, authority, cluster, _, code, status, _, flags, _ = parts
    service = (cluster if cluster != "-" else authority).partition("|")[0].partition(".")[0]
    return Logged(
        service=service, code=int(code), grpc_status="" if status == "-" else status, flags=flags
    )
