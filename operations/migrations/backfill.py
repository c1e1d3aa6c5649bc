"""Rows changed in batches, outside the migrations: a big table while everything runs (R-MIG-5).

Each batch is a transaction of at most 1,000 rows, and how far it came is written in the same one:
after a SIGKILL the next run goes on behind the last batch that is in, and never does one twice. A
batch waits briefly for its rows and gives up; between batches it stands back for replicas that lag
and for long transactions, which keep the dead rows of every batch from being cleaned away.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from pglast import parse_sql
from pglast.parser import ParseError
from psycopg import errors

from operations.migrations.address import Connection, rows
from operations.migrations.backfill_sql import (
    BUSY,
    FINISH,
    KEY,
    LIMITS,
    MAKE,
    NOTE,
    STATEMENT_MS,
    TABLE,
    Statements,
    Wanted,
)
from operations.refusal import RefusedError
from schema.writers.asking import name as plain
from schema.writers.asking import place
from settings.problems import Problem, SettingsError, shown

ATTEMPTS = 100
"""So often a batch that meets locked rows is tried before the run ends, to be taken up again."""
_RETRY_SECONDS = 0.1
_LOOK_SECONDS = 1.0
_OWNER_SECONDS = 5.0
"""So long a killed run may still hold its lock."""
_AGAIN = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


class BackfillError(Exception):
    """The run ended before the table did; the same command goes on."""


@dataclass(slots=True)
class Progress:
    """How far it is; the rows are those of this pass, earlier runs included."""

    rows: int = 0
    batches: int = 0
    resumed_at: int = 0
    """Rows that earlier runs had done."""
    about: int = 0
    """Rows of the table, as the planner guesses."""
    seconds: float = 0.0
    slowest: float = 0.0
    retries: int = 0
    paused_seconds: float = 0.0
    paused_for: Sequence[str] = ()
    left: bool = False
    """Whether rows came in behind it that still want the change."""
    done: bool = False
    after: str | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        hidden = {"after", "paused_for"}
        return {n: getattr(self, n) for n in self.__slots__ if n not in hidden}


Tell = Callable[[Progress], None]


def wanted(target: str, value: str, where: str, key: str, batch: int) -> Wanted:
    """What a person asks for, checked: names are names, expressions are one expression."""
    table, column = place(target)
    narrowed = where or f"{column} is distinct from ({value})"
    for label, text, whole in (
        ("VALUE", value, f"select ({value})"),
        ("--where", narrowed, f"select 1 where ({narrowed})"),
    ):
        if not _one(whole):
            problem = Problem(
                file="mpk migrate backfill", key=label, value=shown(text),
                message="is no SQL expression", remedy="write one over the row's columns",
            )  # fmt: skip
            raise SettingsError([problem])
    return Wanted(table=table, column=column, value=value, where=narrowed, key=plain(key),
                  batch=batch)  # fmt: skip


def _one(text: str) -> bool:
    try:
        return len(parse_sql(text)) == 1
    except ParseError:
        return False


class Backfill:
    """One run over one table."""

    def __init__(self, connection: Connection, wanted: Wanted, tell: Tell) -> None:
        """Nothing is read or written before `run`."""
        self._connection, self._wanted, self._tell = connection, wanted, tell
        self._progress, self._batch, self._looked = Progress(), wanted.batch, 0.0

    def run(self, *, restart: bool = False) -> Progress:
        """To the end of the table, or to an error after which the same command goes on."""
        began = time.monotonic()
        key_type = self._refuse_unfit()
        self._own()
        self._take_up(restart=restart)
        statements = Statements(self._wanted, key_type)
        while not self._progress.done:
            self._stand_back()
            self._one_batch(statements)
            self._progress.seconds = time.monotonic() - began
            self._tell(self._progress)
        self._progress.left = bool(rows(self._connection, statements.left))
        return self._progress

    def _refuse_unfit(self) -> str:
        """The key's type; an order that an index gives is what makes a batch cheap."""
        found = rows(self._connection, KEY, [self._wanted.table, self._wanted.key])
        if not found:
            raise RefusedError(f"nothing was changed: there is no {self._wanted.table} with "
                               f"a column {self._wanted.key}; name the key with --key")  # fmt: skip
        key_type, fit, about = found[0]
        if not fit:
            raise RefusedError(
                f"nothing was changed: {self._wanted.table}.{self._wanted.key} is no key: it needs "
                "a unique index of its own and NOT NULL; name another with --key"
            )
        self._progress.about = max(int(about), 0)
        return str(key_type)

    def _own(self) -> None:
        lock = "select pg_try_advisory_lock(hashtextextended(%s, 0))"
        deadline = time.monotonic() + _OWNER_SECONDS
        while not rows(self._connection, lock, [f"mpk backfill {self._wanted.name}"])[0][0]:
            if time.monotonic() > deadline:
                raise RefusedError(f"another backfill of {self._wanted.name} runs at this moment")
            time.sleep(_RETRY_SECONDS)

    def _take_up(self, *, restart: bool) -> None:
        connection, name, words = self._connection, self._wanted.name, self._wanted.words
        rows(connection, MAKE)
        if restart:
            rows(connection, f"delete from {TABLE} where name = %s", [name])  # noqa: S608 - ours
        rows(connection, f"delete from {TABLE} where name = %s and finished is not null", [name])  # noqa: S608 - ours
        rows(connection, f"insert into {TABLE} (name, words) values (%s, %s) on conflict do nothing",  # noqa: S608, E501 - ours
             [name, words])  # fmt: skip
        kept = f"select words, after, rows, batches from {TABLE} where name = %s"  # noqa: S608 - ours
        ((before, after, done, batches),) = rows(connection, kept, [name])
        if before != words:
            raise RefusedError(
                f"nothing was changed: another backfill of {name} is half done: {before}. Say it "
                "in the same words to go on, or --restart to begin with these"
            )
        self._progress.after, self._progress.batches = after, batches
        self._progress.rows = self._progress.resumed_at = done

    def _stand_back(self) -> None:
        """Wait while replicas lag or a transaction is long; asked once a second."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        want = self._wanted
        told = {"lag": want.lag_seconds, "bytes": want.lag_bytes, "long": want.long_seconds}
        while reasons := [r[0] for r in self._connection.execute(BUSY, told).fetchall()]:
            self._progress.paused_for = reasons
            self._tell(self._progress)
            time.sleep(_LOOK_SECONDS)
            self._progress.paused_seconds += _LOOK_SECONDS
        self._progress.paused_for = ()
        self._looked = time.monotonic()

    def _one_batch(self, statements: Statements) -> None:
        began = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._change(statements)
            except errors.QueryCanceled:
                if self._batch == 1:
                    raise BackfillError(f"one row takes longer than {STATEMENT_MS} ms") from None
                self._batch = max(self._batch // 2, 1)
            except _AGAIN as error:
                self._progress.retries += 1
                if attempt == ATTEMPTS:
                    raise BackfillError(_stuck(self._wanted, error)) from error
                time.sleep(_RETRY_SECONDS)
                began = time.monotonic()
            else:
                self._progress.slowest = max(self._progress.slowest, time.monotonic() - began)
                return

    def _change(self, statements: Statements) -> None:
        """One transaction: the rows, and how far it came."""
        progress, connection = self._progress, self._connection
        with connection.transaction():
            rows(connection, LIMITS)
            found = connection.execute(
                statements.end, {"after": progress.after, "rest": self._batch - 1}
            ).fetchone()
            end = found[0] if found else None
            if end is None:
                rows(connection, FINISH, [self._wanted.name])
                progress.done = True
                return
            span = {"after": progress.after, "end": end}
            changed = connection.execute(statements.change, span).rowcount
            rows(connection, NOTE, [end, changed, self._wanted.name])
        progress.after = end
        progress.rows += changed
        progress.batches += 1


def _stuck(wanted: Wanted, error: psycopg.Error) -> str:
    return (
        f"rows of {wanted.table} stayed locked through {ATTEMPTS} attempts ({type(error).__name__})"
        "; end whoever holds them (`mpk migrate doctor` names long transactions), then run the "
        "same command again: it goes on"
    )
