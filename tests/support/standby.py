"""A real standby of a test's PostgreSQL, which streams and replays."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.postgres import NOBODY, Postgres, _readable_by_all
from tests.support.servers import BIN, free_port, running


@contextlib.contextmanager
def standby(primary: Postgres):
    """Copied from the primary, for as long as the block lasts."""
    place = Path(tempfile.mkdtemp(prefix="mpk-standby-"))
    place.chmod(0o755)
    binaries, runs_as = BIN, None
    if os.geteuid() == 0:
        binaries, runs_as = _readable_by_all(place), NOBODY
        os.chown(place, NOBODY, NOBODY)
    data, port = place / "data", free_port()
    copy = [
        binaries / "pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", primary.user,
        "-D", data, "-R", "-c", "fast", "-X", "stream",
    ]  # fmt: skip
    environment = primary.environment()
    subprocess.run(copy, user=runs_as, env=environment, check=True, capture_output=True)
    server = [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", place]
    try:
        with running([*server, "-c", "fsync=off"], port, user=runs_as):
            found = Postgres(port, primary.user, primary.password)
            found.wait()
            yield found
    finally:
        shutil.rmtree(place)
