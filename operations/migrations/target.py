"""One service's schema: the database that holds it, the table that counts it, the files."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from components.delivery.schema import lock_id, migrations_table, step_path
from operations.migrations.address import Address, Connection, rows
from schema.files import Folder, read
from schema.situation import Change, changes
from settings import names
from settings.catalog import Service
from settings.problems import Problem, SettingsError

_WORDS = re.compile(r"(?<!:):(?P<quote>['\"])(?P<name>\w+)(?P=quote)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a command works on."""

    service: Service
    address: Address
    files: Path | None = None
    stack: str = ""
    """Of the cluster that uses the database, where one was named."""

    @property
    def table(self) -> str:
        """golang-migrate's."""
        return migrations_table(self.service)

    @property
    def lock(self) -> int:
        """golang-migrate's."""
        return lock_id(self.address.database, self.table)

    @property
    def name(self) -> str:
        """How other sessions see ours: never mistaken for a migration."""
        return f"mpk migrate {self.service.name}"

    def connect(self) -> Connection:
        """A session as the role that owns the schema, where that is another."""
        found = self.address.connect(self.name)
        if role := self.role(found):
            found.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        return found

    def role(self, connection: Connection) -> str | None:
        """The migrations' own role, where the user may be it (decision 0052)."""
        role = names.migration_role(self.address.database)
        member = "from pg_roles where rolname = %s and pg_has_role(session_user, oid, 'member')"
        return role if rows(connection, f"select 1 {member}", [role]) else None

    def folder(self) -> Folder:
        """The files, parsed; one error where none were named."""
        return read(self.path())

    def path(self) -> Path:
        """The folder of this service: the one that is named, or the one of its name in that."""
        if self.files is None:
            raise _missing_files(self.service.name)
        below = self.files / self.service.name
        return below if below.is_dir() else self.files

    def changes(self) -> tuple[Change, ...]:
        """The migrations as the gate sees them."""
        return changes(self.folder())

    def command(self, text: str) -> str:
        """The same command so that it runs as it stands, on this very database."""
        address = shlex.quote(self.address.shown)
        if not text.startswith("mpk "):
            return f"psql {address} -c {shlex.quote(text)}"
        files = f" --files {shlex.quote(str(self.files))}" if self.files else ""
        stack = f" --stack {self.stack}" if self.stack else ""
        return f"{text} --database {address}{files}{stack}"


def step(connection: Connection, name: str, values: Mapping[str, object]) -> str:
    """The SQL of one of the Job's steps with psql's variables filled in."""

    def filled(found: re.Match[str]) -> str:
        value = str(values[found["name"]])
        part = sql.Literal(value) if found["quote"] == "'" else sql.Identifier(value)
        return part.as_string(connection)

    return _WORDS.sub(filled, step_path(name).read_text())


def _missing_files(service: str) -> SettingsError:
    problem = Problem(
        file="mpk migrate", key="--files", value="", message="is missing",
        remedy=f"name the migrations of {service}, or the folder that holds such folders",
    )  # fmt: skip
    return SettingsError([problem])
