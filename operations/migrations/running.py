"""Up, one step down, and the mending, by golang-migrate's own program (R-MIG-6, pitfalls M-2, M-3).

The files are copied by the Jobs' own step, with limits and witness, so that what breaks off here is
proven as it is after a Job.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import localcluster
from components.delivery.schema import (
    LOCK_TIMEOUT_SECONDS,
    STATEMENT_TIMEOUT_SECONDS,
    limits,
    step_path,
)
from operations.migrations.address import Connection, rows
from operations.migrations.examination import Examination, Finding, examine
from operations.migrations.state import State, look, prior
from operations.migrations.target import Target, step
from operations.refusal import RefusedError

Say = Callable[[str], None]


class MigrationError(Exception):
    """golang-migrate stopped in the middle; what it said, and what was found then."""


def program() -> Path:
    """golang-migrate, which the Jobs' image holds as well; built from its module the first time."""
    return localcluster.ensure(["migrate"], localcluster.quiet)["migrate"]


def refuse_unready(found: Examination, target: Target) -> None:
    """Whatever blocks or is not mended yet stops a migration; a warning does not."""
    against = found.of("repair", "blocks", "waits")
    if against:
        told = "\n".join(f"  {each.check}: {each.what}\n    {each.command}" for each in against)
        raise RefusedError(f"nothing was changed; {target.service.name} first needs:\n{told}")


def up(target: Target, say: Say) -> State:
    """Run every file that is pending."""
    return _run(target, ["up"], "up", say)


def down_one(target: Target, say: Say) -> State:
    """Undo the newest migration, and no more (M-2)."""
    return _run(target, ["down", "1"], "down", say)


def repair(target: Target, version: int | None) -> State:
    """Set a dirty version to what was proven, or to what a person has seen."""
    with target.connect() as connection:
        found = examine(connection, target)
        dirty = found.dirty
        if dirty is None:
            raise RefusedError(f"{target.service.name} is not dirty: there is nothing to repair")
        level = _level(target, found, dirty, version)
        if role := target.role(connection):
            connection.execute(f'set role "{role}"'.encode())
        if found.index and "half built" in dirty.what:
            connection.execute(f"drop index concurrently if exists {found.index}".encode())
        values = {
            "table": target.table, "level": level, "version": found.state.applied,
            "lock": target.lock,
        }  # fmt: skip
        rows(connection, step(connection, "repair.sql", values))
        return look(connection, target)


def _level(target: Target, found: Examination, dirty: Finding, asked: int | None) -> int:
    """The version to set: never one that was proven wrong, never a guess."""
    broken = found.state.applied
    if dirty.verdict == "waits":
        raise RefusedError(f"nothing was changed: {dirty.what}, and a migration still runs")
    if dirty.proven is not None:
        if asked not in (None, dirty.proven):
            raise RefusedError(f"nothing was changed: {dirty.what}, so it is {dirty.proven}")
        return dirty.proven
    allowed = [prior(target.folder(), broken), broken]
    if asked not in allowed:
        told = f"{dirty.what}; {dirty.command}"
        raise RefusedError(f"nothing was changed: {told}; VERSION is {allowed[0]} or {allowed[1]}")
    return asked


def _run(target: Target, command: list[str], way: str, say: Say) -> State:
    with tempfile.TemporaryDirectory(prefix="mpk-migrate-") as folder:
        copy(target, Path(folder))
        with target.connect() as connection:
            _begin(connection, target, way)
            role = target.role(connection)
        code = _migrate(target, Path(folder), command, role, say)
    with target.connect() as connection:
        found = examine(connection, target)
    if code:
        told = "\n".join(f"  {each.check}: {each.what}\n    {each.command}" for each in
                         found.of("repair", "blocks", "waits"))  # fmt: skip
        raise MigrationError(f"{target.service.name}: golang-migrate stopped; then:\n{told}")
    return found.state


def copy(target: Target, folder: Path) -> None:
    """The files with limits and witness."""
    told = {
        "SOURCE": str(target.path()), "FILES": str(folder), "TABLE": target.table, "WITNESS": "yes",
        "LOCK_TIMEOUT": f"{LOCK_TIMEOUT_SECONDS}s",
        "STATEMENT_TIMEOUT": f"{STATEMENT_TIMEOUT_SECONDS}s",
    }  # fmt: skip
    subprocess.run(  # noqa: S603 - our own step, by name
        ["/bin/sh", str(step_path("copy.sh"))], env=_with(told), check=True
    )


def _begin(connection: Connection, target: Target, way: str) -> None:
    """The table in golang-migrate's form, and a witness that no earlier run can be taken for."""
    table, version = target.table, look(connection, target).applied
    made = "version bigint not null primary key, dirty boolean not null"
    rows(connection, f"create table if not exists {table} ({made})")
    rows(connection, f"comment on table {table} is 'start {version} {way}'")


def _migrate(target: Target, folder: Path, command: list[str], role: str | None, say: Say) -> int:
    """The program's exit code; its words go to `say` as they come."""
    told = {**limits(target.service), "x-migrations-table": target.table}
    if role:
        told["role"] = role
    arguments = ["-path", str(folder), "-database", target.address.driver_url(told), *command]
    with subprocess.Popen(  # noqa: S603 - golang-migrate, with checked arguments
        [str(program()), *arguments], env=_with(target.address.environment),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            say(line.rstrip())
    return process.returncode


def _with(more: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **more}
