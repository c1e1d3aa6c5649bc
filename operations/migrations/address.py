"""Where a database is, as libpq and as golang-migrate say it; its password is never shown."""

import contextlib
import re
import urllib.parse
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import conninfo

from operations.cluster import ClusterError
from settings.problems import Problem, SettingsError

CONNECT_SECONDS = 5
_SCHEMES = re.compile(r"^(postgresql|postgres|pgx5)://")
Connection = psycopg.Connection[tuple[Any, ...]]


class UnreachableError(ClusterError):
    """The database does not answer, or lets nobody in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One database of one server."""

    database: str
    parameters: Mapping[str, str] = field(repr=False)
    """What libpq is told beside it; the password may be among them."""

    @property
    def shown(self) -> str:
        """For people, and for the commands that they are told: without the password."""
        return self._url("postgresql", self._public())

    @property
    def environment(self) -> dict[str, str]:
        """The password, for programs whose command lines can be read."""
        password = self.parameters.get("password")
        return {"PGPASSWORD": password} if password else {}

    def driver_url(self, extra: Mapping[str, int | str]) -> str:
        """golang-migrate's address of it."""
        return self._url("pgx5", {**self._public(), **{n: str(v) for n, v in extra.items()}})

    def connect(self, name: str) -> Connection:
        """A session that commits each statement; `name` is how others see it."""
        try:
            return psycopg.connect(
                dbname=self.database, autocommit=True, cursor_factory=psycopg.ClientCursor,
                connect_timeout=CONNECT_SECONDS, application_name=name,
                **{n: v for n, v in self.parameters.items()
                   if n not in {"connect_timeout", "application_name"}},  # pyright: ignore[reportArgumentType]
            )  # fmt: skip
        except psycopg.Error as error:
            why = " ".join(str(error).split())
            raise UnreachableError(f"{self.shown} does not let us in: {why}") from error

    def _public(self) -> dict[str, str]:
        return {n: v for n, v in self.parameters.items() if n != "password"}

    def _url(self, scheme: str, parameters: Mapping[str, str]) -> str:
        rest = dict(parameters)
        host, port, user = (rest.pop(name, "") for name in ("host", "port", "user"))
        if "/" in host or "," in host or ":" in host:
            rest["host"], host = host, ""
        quoted = urllib.parse.quote
        place = f"{quoted(user)}@" * bool(user) + host + f":{port}" * bool(port and host)
        if port and not host:
            rest["port"] = port
        query = "&".join(f"{name}={quoted(value, safe='')}" for name, value in sorted(rest.items()))
        return f"{scheme}://{place}/{quoted(self.database)}" + f"?{query}" * bool(query)


def parse(text: str) -> Address:
    """A URL or libpq's `key=value` words as an address; one error that says what is wrong."""
    plain = _SCHEMES.sub("postgresql://", text.strip())
    if "://" in plain and not plain.startswith("postgresql://"):
        raise _refused(text, "is no address of a PostgreSQL; a CockroachDB is migrated by its Jobs")
    try:
        found = {n: str(v) for n, v in conninfo.conninfo_to_dict(plain).items() if v is not None}
    except psycopg.ProgrammingError as error:
        raise _refused(text, f"is no address: {' '.join(str(error).split())}") from error
    database = found.pop("dbname", "")
    if not database:
        raise _refused(text, "names no database")
    return Address(database=database, parameters=found)


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}…@" if found[1] else f"{found[2]}…"


def _refused(text: str, message: str) -> SettingsError:
    hidden = re.sub(r"(://[^:/@]*:)[^@]*@|(password=)\S+", _hidden, text)
    problem = Problem(
        file="mpk migrate", key="--database", value=hidden, message=message,
        remedy="write postgresql://USER@HOST:PORT/DATABASE, and the password into PGPASSWORD",
    )  # fmt: skip
    return SettingsError([problem])


@contextlib.contextmanager
def answered(address: Address) -> Generator[None]:
    """What a database refuses or breaks off in the middle, as one sentence."""
    try:
        yield
    except psycopg.Error as error:
        raise UnreachableError(f"{address.shown}: {' '.join(str(error).split())}") from error


def rows(connection: Connection, text: str, values: Sequence[Any] | None = None) -> list[Any]:
    """The rows of the last of these statements; none where it returns nothing."""
    cursor = connection.execute(text.encode(), values)
    while cursor.nextset():
        pass
    return cursor.fetchall() if cursor.description else []
