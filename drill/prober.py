"""Asks through the proxy at a steady rate and writes down every answer.

    python -m drill.prober FILE PORT HOST RATE SECONDS

An open loop: a request is due at its time whatever became of those before, as patients do not wait
for one another. Bounded in rate and in time. A line an answer: when it was asked, how long it took,
the status (0: no answer), the version and the pod that gave it.
"""

import asyncio
import contextlib
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO

from localcluster.processes import Launch

PART = "prober"
MOST_PER_SECOND = 2000
LONGEST_SECONDS = 3600
PATIENCE_SECONDS = 10.0
NO_ANSWER = 0
_FLUSH_SECONDS = 0.1
_BLOCK = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what became of it."""

    at: float
    """When it was asked, in seconds since the epoch."""
    seconds: float
    status: int
    version: str
    pod: str
    """Who gave it: a pod, or Envoy for a subset of which none did (`gateway|canary`)."""

    @property
    def failed(self) -> bool:
        """Whether the caller got no good answer."""
        return self.status == NO_ANSWER or self.status >= 500  # noqa: PLR2004 - HTTP

    @property
    def done(self) -> float:
        """When the answer was there."""
        return self.at + self.seconds


def launch(python: str, file: Path, port: int, host: str, rate: int, seconds: int) -> Launch:
    """How it is run as a process of the cluster."""
    if not 0 < rate <= MOST_PER_SECOND or not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError(
            f"a prober asks 1 to {MOST_PER_SECOND} times a second for 1 to {LONGEST_SECONDS} "
            f"seconds, not {rate} times for {seconds}"
        )
    arguments = [str(file), str(port), host, str(rate), str(seconds)]
    return Launch(part=PART, command=[python, "-m", "drill.prober", *arguments])


def read(file: Path, since: float = 0.0) -> list[Answer]:
    """The answers to what was asked since then, in the order in which they came.

    An hour's are millions: the file is not read from its beginning where the end is wanted.
    """
    if not file.exists():
        return []
    with file.open("rb") as opened:
        # Lines are in order to within the longest answer.
        opened.seek(_offset(opened, since - PATIENCE_SECONDS, file.stat().st_size))
        lines = opened.read().decode().splitlines()
    found = (answer for line in lines if (answer := _parsed(line)))
    return [each for each in found if each.at >= since]


def _offset(opened: BinaryIO, since: float, size: int) -> int:
    """Where in the file a line begins, before the first one that was asked since then."""
    low, high = 0, size
    while high - low > _BLOCK:
        middle = (low + high) // 2
        opened.seek(middle)
        opened.readline()
        found = _parsed(opened.readline().decode())
        if found is None or found.at >= since:
            high = middle
        else:
            low = middle
    opened.seek(low)
    # In the middle of a line: the next one begins after it.
    return low and low + len(opened.readline())


def _parsed(line: str) -> Answer | None:
    parts = line.split("\t")
    if len(parts) != 5:  # noqa: PLR2004 - a line that is being written
        return None
    at, seconds, status, version, pod = parts
    return Answer(float(at), float(seconds), int(status), version, pod)


@dataclass
class Prober:
    """The loop that asks."""

    port: int
    host: str
    rate: int
    out: TextIO
    idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(
        default_factory=deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    )

    async def run(self, seconds: float) -> None:
        """Ask for so long, then wait for the last answers."""
        began, number = time.monotonic(), 0
        asked: set[asyncio.Task[None]] = set()
        flushed = began
        while (due := number / self.rate) < seconds:
            # Where it is late it lets answers in all the same, or a late one would end in a flood.
            await asyncio.sleep(max(0.0, began + due - time.monotonic()))
            task = asyncio.create_task(self._ask())
            asked.add(task)
            task.add_done_callback(asked.discard)
            number += 1
            if time.monotonic() > flushed + _FLUSH_SECONDS:
                self.out.flush()
                flushed = time.monotonic()
        if asked:
            await asyncio.wait(asked, timeout=PATIENCE_SECONDS)

    async def _ask(self) -> None:
        at, began = time.time(), time.monotonic()
        status, version, pod = NO_ANSWER, "", ""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                status, version, pod = await self._exchange()
        seconds = time.monotonic() - began
        self.out.write(f"{at:.6f}\t{seconds:.6f}\t{status}\t{version}\t{pod}\n")

    async def _exchange(self) -> tuple[int, str, str]:
        connection = (
            self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        )
        reader, writer = connection
        try:
            writer.write(f"GET / HTTP/1.1\r\nhost: {self.host}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            status, headers = _head(head)
            await reader.readexactly(int(headers.get("content-length", "0")))
        except BaseException:
            writer.close()
            raise
        if headers.get("connection") == "close":
            writer.close()
        else:
            self.idle.append(connection)
        return status, headers.get("x-version", ""), headers.get("x-pod", "")


def _head(text: str) -> tuple[int, dict[str, str]]:
    first, *lines = text.split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return int(first.split()[1]), {key.lower(): value.strip() for key, _, value in pairs}


def main() -> None:
    """Ask, as the arguments say."""
    file, port, host, rate, seconds = sys.argv[1:6]
    with Path(file).open("a", encoding="utf-8") as out:
        asyncio.run(Prober(int(port), host, int(rate), out).run(float(seconds)))


if __name__ == "__main__":
    main()
