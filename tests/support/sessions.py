"""Other sessions of a PostgreSQL, and waiting for what they bring about."""

import contextlib
import subprocess
import time

WAITING = "exists (select 1 from pg_locks where not granted)"
ALONE = (
    "not exists (select 1 from pg_stat_activity where datname = current_database() "
    "and application_name like '%-migration')"
)
"""No migration is connected any more: the server has noticed that a killed one is gone."""


@contextlib.contextmanager
def held(server, database, statement):
    """Another session that holds what the statement takes, until the block ends."""
    with subprocess.Popen(
        server.command(database), env=server.environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as session:  # fmt: skip
        session.stdin.write(f"begin; {statement}; select 'held';\n")
        session.stdin.flush()
        while "held" not in session.stdout.readline():
            pass
        yield
        session.kill()


def until(server, database, condition):
    """Wait until a condition holds in a database."""
    deadline = time.monotonic() + 20
    while server.query(database, f"select {condition}") != "t":
        assert time.monotonic() < deadline, condition
        time.sleep(0.05)
