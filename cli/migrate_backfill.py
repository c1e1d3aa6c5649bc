"""`mpk migrate backfill`: a column of a big table filled in batches (R-MIG-5)."""

import time
from typing import Annotated

import typer

from cli.console import messages, print_json, results
from cli.migrate_target import DatabaseOption, ServiceArgument, chosen
from cli.target import JsonOption
from operations.migrations.backfill import Backfill, Progress, wanted
from schema.limits import BATCH_ROWS

LOOK_SECONDS = 1.0
INCOMPLETE = 1


def backfill(  # noqa: PLR0913, PLR0917 - a command has its options
    service: ServiceArgument,
    column: Annotated[str, typer.Argument(metavar="TABLE.COLUMN", help="The column.")],
    value: Annotated[str, typer.Argument(help="An SQL expression over the row.")],
    database: DatabaseOption = None,
    where: Annotated[
        str, typer.Option(help="Which rows; by default those that have another value.")
    ] = "",
    key: Annotated[str, typer.Option(help="The column that orders rows; unique.")] = "id",
    batch: Annotated[
        int, typer.Option(min=1, max=BATCH_ROWS, help="Rows of a transaction (R-MIG-5).")
    ] = BATCH_ROWS,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget how far another run came.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Fill a column in batches; killed in the middle, the same command goes on."""
    asked = wanted(column, value, where, key, batch)
    with chosen(service, database) as choice, choice.target.connect() as connection:
        done = Backfill(connection, asked, _Shown()).run(restart=restart)
    if as_json:
        print_json(done.as_dict())
    else:
        _tell(done)
    if done.left:
        raise typer.Exit(INCOMPLETE)


class _Shown:
    """A line a second: how many rows, how fast, and why it stands still."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._paused = ()

    def __call__(self, progress: Progress) -> None:
        paused = tuple(progress.paused_for)
        if paused and paused != self._paused:
            messages.print(f"paused: {'; '.join(paused)}", markup=False)
        self._paused = paused
        if not paused and time.monotonic() - self._last >= LOOK_SECONDS:
            self._last = time.monotonic()
            messages.print(_line(progress), markup=False)


def _line(progress: Progress) -> str:
    here = progress.rows - progress.resumed_at
    speed = here / progress.seconds if progress.seconds else 0
    return (
        f"{progress.rows:,} of about {progress.about:,} rows, {speed:,.0f} a second, "
        f"slowest batch {progress.slowest * 1000:.0f} ms"
    )


def _tell(done: Progress) -> None:
    resumed = f", {done.resumed_at:,} of them by an earlier run" if done.resumed_at else ""
    results.print(
        f"{done.rows:,} rows in {done.batches:,} batches{resumed}; {done.seconds:.1f} s, slowest "
        f"batch {done.slowest * 1000:.0f} ms, {done.retries} retries, paused "
        f"{done.paused_seconds:.0f} s"
    )
    if done.left:
        messages.print(
            "rows came in behind it that still want the change: run it again once every version "
            "that runs writes the column itself"
        )
