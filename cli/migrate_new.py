"""`mpk migrate new`: files that follow the rules, numbered and whole (R-MIG-1 to R-MIG-5)."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages, print_json, results
from schema.files import Folder, read
from schema.writers import columns, indexes, tables
from schema.writers.parts import Draft
from schema.writing import write

app = typer.Typer(no_args_is_help=True)
Place = Annotated[str, typer.Argument(metavar="FOLDER", help="The service's migrations.")]
Column = Annotated[str, typer.Argument(metavar="TABLE.COLUMN", help="The column.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Key = Annotated[str, typer.Option(help="The column that rows are told apart by, with an index.")]
Default = Annotated[str | None, typer.Option(help="An SQL constant.")]


@app.command("add-column")
def add_column(
    folder: Place,
    column: Column,
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="Its SQL type.")],
    default: Default = None,
    not_null: Annotated[bool, typer.Option("--not-null", help="With a default only.")] = False,
    as_json: Json = False,
) -> None:
    """Add a column, empty or with a constant (R-MIG-1)."""
    _write(folder, lambda _: columns.add_column(column, type_, default, required=not_null), as_json)


@app.command("drop-column")
def drop_column(
    folder: Place, column: Column, default: Default = None, as_json: Json = False
) -> None:
    """Write the next of the three releases in which a column leaves (R-MIG-2)."""
    _write(folder, lambda found: columns.drop_column(found, column, default), as_json)


@app.command("rename-table")
def rename_table(
    folder: Place,
    old: Annotated[str, typer.Argument(help="Its name now.")],
    new: Annotated[str, typer.Argument(help="Its name then.")],
    key: Key = "id",
    as_json: Json = False,
) -> None:
    """Write the next of the two releases in which a table gets another name (R-MIG-3)."""
    _write(folder, lambda found: tables.rename_table(found, old, new, key), as_json)


@app.command()
def index(
    folder: Place,
    table: Annotated[str, typer.Argument(help="The table.")],
    names: Annotated[list[str], typer.Argument(metavar="COLUMN...", help="Its columns.")],
    unique: Annotated[bool, typer.Option("--unique", help="No two rows alike.")] = False,
    as_json: Json = False,
) -> None:
    """Make an index beside running writers (R-MIG-4)."""
    _write(folder, lambda _: indexes.index(table, names, unique=unique), as_json)


@app.command()
def backfill(
    folder: Place,
    column: Column,
    value: Annotated[str, typer.Argument(help="An SQL expression over the row.")],
    where: Annotated[str, typer.Option(help="Which rows; by default those that are null.")] = "",
    key: Key = "id",
    as_json: Json = False,
) -> None:
    """Fill a column in batches of 1,000 rows; a killed run goes on where it ended (R-MIG-5)."""
    _write(folder, lambda _: columns.backfill(column, value, where, key), as_json)


@app.command("not-null")
def not_null(folder: Place, column: Column, as_json: Json = False) -> None:
    """Keep a column from being null: check, validate, set (NULL-1)."""
    _write(folder, lambda _: columns.not_null(column), as_json)


def _write(folder: str, drafts: Callable[[Folder], list[Draft]], as_json: bool) -> None:
    found = read(Path(folder))
    wanted = drafts(found)
    today = datetime.datetime.now(datetime.UTC).date()
    paths = write(found, wanted, today)
    steps = list(dict.fromkeys(each.step for each in wanted if each.step))
    if as_json:
        print_json({"files": [str(path) for path in paths], "steps": steps})
        return
    for path in paths:
        results.print(str(path), markup=False)
    for step in steps:
        number, _, last = step.rpartition(" ")[2].partition("/")
        more = "" if number == last else "; run the same command again in the release after it"
        messages.print(f"this is release {number} of {last}{more}", markup=False)
