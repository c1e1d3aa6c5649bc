"""golang-migrate's bookkeeping, shared by the Job that writes, the gate that reads, and `mpk`.

Text alone, no engine: the steps of the Job are files in `job/`, so that a shell's and an SQL's
tools can read them; `mpk migrate` asks with the same SQL.
"""

import zlib
from pathlib import Path

from settings import names
from settings.catalog import Service

STATEMENT_TIMEOUT_SECONDS = 600
LOCK_TIMEOUT_SECONDS = 5
"""Longer than that no reader waits behind a change of the schema; the next attempt tries again."""
ALONE_LOCK_TIMEOUT_SECONDS = 60
"""The same for what stands alone in its file (M-1): it waits for transactions, and nobody for it.

An index build that gives up leaves an invalid index behind, so it is more patient.
"""
CLIENT_CHECK_SECONDS = 2
"""After that the server notices that a killed client is gone, and gives its lock back (M-3)."""
LONG_TRANSACTION_SECONDS = 60
REPLICATION_LAG_SECONDS = 30
REPLICATION_LAG_BYTES = 256 * 1024**2
FULL_PERCENT = 85
"""R-ALERT-6: above it there is no room for surprises."""
_STEPS = Path(__file__).with_name("job")
# golang-migrate's own, so that its lock is recognised (database/util.go).
_LOCK_SALT = 1486364155


def migrations_table(service: Service) -> str:
    """The table that holds a service's schema version.

    A guest in another service's database (admin in auth's) keeps its own count there.
    """
    if service.database_of is None:
        return "schema_migrations"
    return "schema_migrations_" + service.name.removesuffix("-service").replace("-", "_")


def database_of(service: Service) -> str:
    """The database that holds a service's schema."""
    return names.database(service.database_of or service.name)


def lock_id(database: str, table: str) -> int:
    """The advisory lock that golang-migrate holds while it migrates (driver `pgx5`)."""
    text = "\0".join(("public", table, f"/{database}"))
    return zlib.crc32(text.encode()) * _LOCK_SALT % 2**32


def limits(service: Service) -> dict[str, int | str]:
    """Parameters of golang-migrate's connection: those of a statement that stands alone."""
    return {
        "statement_timeout": 0,
        "lock_timeout": ALONE_LOCK_TIMEOUT_SECONDS * 1000,
        "client_connection_check_interval": CLIENT_CHECK_SECONDS * 1000,
        "tcp_keepalives_idle": 10,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
        "application_name": f"{service.name}-migration",
    }


def step_path(name: str) -> Path:
    """One file of the Job's steps."""
    return _STEPS / name


def steps() -> dict[str, str]:
    """The Job's shell and SQL by file name."""
    return {path.name: path.read_text() for path in sorted(_STEPS.iterdir())}
