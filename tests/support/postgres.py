"""A real PostgreSQL for tests, from the wheel: loopback only, its data goes with the folder."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers import BIN, free_port, running

NOBODY = 65534


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int
    user: str
    password: str

    def query(self, database: str, statement: str) -> str:
        """What psql prints for a statement."""
        return subprocess.run(
            [*self.command(database), "-c", statement],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def command(self, database: str) -> list[str | Path]:
        """Psql as this server's user; it reads statements from its input."""
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", self.user]
        return [BIN / "psql", *address, "-d", database, "-qtAX"]

    def environment(self) -> dict[str, str]:
        """What psql needs to log in."""
        return {"PGPASSWORD": self.password}

    def wait(self) -> None:
        """Until it answers: it listens before it has started."""
        deadline = time.monotonic() + 30
        while True:
            try:
                self.query("postgres", "select 1")
            except subprocess.CalledProcessError:
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
                time.sleep(0.05)
            else:
                return

    def databases(self) -> list[str]:
        """The names of all databases."""
        return self.query("postgres", "select datname from pg_database order by 1").splitlines()


@contextlib.contextmanager
def postgres(folder: Path, user: str, password: str) -> Iterator[Postgres]:
    """A server whose data lies in the folder, for as long as the block lasts."""
    binaries, runs_as = BIN, None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        binaries, runs_as = _readable_by_all(folder), NOBODY
        os.chown(folder, NOBODY, NOBODY)
    (folder / "password").write_text(password)
    data, port = folder / "data", free_port()
    initdb = [
        binaries / "initdb", "--pgdata", data, "--username", user,
        "--pwfile", folder / "password", "--auth", "scram-sha-256",
    ]  # fmt: skip
    subprocess.run(initdb, user=runs_as, check=True, capture_output=True)
    server = [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder]
    # Nothing of it outlives the test, so nothing waits for the disk.
    hasty = [part for name in ("fsync", "full_page_writes") for part in ("-c", f"{name}=off")]
    with running([*server, *hasty], port, user=runs_as):
        found = Postgres(port, user, password)
        found.wait()
        yield found


def _readable_by_all(folder: Path) -> Path:
    """PostgreSQL with the libraries of its wheel, where any user may read it."""
    package = BIN.parents[1]
    target = folder / package.name / "pginstall"
    shutil.copytree(BIN.parent, target, copy_function=_linked)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / libraries.name, copy_function=_linked)
    return folder / package.name / "pginstall" / "bin"


def _linked(source: str, target: str) -> None:
    """A second name of a file where one disk holds both: the wheel has 73 MB."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
