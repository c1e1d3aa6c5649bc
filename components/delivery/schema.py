"""golang-migrate's bookkeeping, shared by the Job that writes, the gate that reads, and `mpk`.

Text alone, no engine: the steps of the Job are files in `job/`, so that a shell's and an SQL's
tools can read them; `mpk migrate` asks with the same SQL.
"""

import zlib
from pathlib import Path

from settings import names
from settings.catalog import Service

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


def steps() -> dict[str, str]:
    """The Job's shell and SQL by file name."""
    return {path.name: path.read_text() for path in sorted(_STEPS.iterdir())}
