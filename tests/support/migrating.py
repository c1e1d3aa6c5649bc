"""Migrations by golang-migrate's own program, on a real PostgreSQL, under readers and writers."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from localcluster import programs
from tests.support.postgres import Postgres

ROWS = 2_500


@dataclass
class Database:
    """One database of the server, and the folder that it is migrated by."""

    server: Postgres
    name: str
    folder: Path

    @property
    def address(self) -> str:
        """For the driver of the clients."""
        password = f"{self.server.user}:{self.server.password}"
        return f"postgresql://{password}@127.0.0.1:{self.server.port}/{self.name}"

    def migrate(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run the program that the Jobs' image holds."""
        program = programs.ensure(["migrate"], programs.quiet)["migrate"]
        url = self.address.replace("postgresql:", "pgx5:") + "?sslmode=disable"
        return subprocess.run(
            [program, "-path", self.folder, "-database", url, *command],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def ask(self, statement: str) -> str:
        """One value."""
        return self.server.query(self.name, statement)


@dataclass
class Client:
    """A version of the service: its statements, again and again, each timed."""

    address: str
    statements: Sequence[str]
    failed: list[str] = field(default_factory=list)
    slowest: float = 0.0
    rounds: int = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; a failed statement is kept, and the next one is tried."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            while not stop.is_set():
                self.rounds += 1
                for statement in self.statements:
                    begun = time.monotonic()
                    try:
                        connection.execute(statement.replace("ROUND", str(self.rounds)))
                    except psycopg.Error as error:
                        self.failed.append(f"{statement}: {error}")
                    self.slowest = max(self.slowest, time.monotonic() - begun)


@contextlib.contextmanager
def running(address: str, statements: Sequence[str]) -> Iterator[Client]:
    """A client for as long as the block lasts; it has done a round before and after."""
    client, stop = Client(address, statements), threading.Event()
    thread = threading.Thread(target=client.run, args=[stop], daemon=True)
    thread.start()
    try:
        _more(client)
        yield client
        _more(client)
    finally:
        stop.set()
        thread.join(timeout=10)


def _more(client: Client) -> None:
    """Until the client has begun two more rounds: one whole one lies between."""
    wanted, deadline = client.rounds + 2, time.monotonic() + 10
    while client.rounds < wanted:
        assert time.monotonic() < deadline, "the client stands still"
        time.sleep(0.01)
