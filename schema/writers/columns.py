"""Columns: added at once, filled in batches, kept from null, dropped in three releases."""

from schema.files import Folder
from schema.tables import Column
from schema.visits import after
from schema.writers.asking import place, refused
from schema.writers.parts import Draft, batches, held

_DROP_RELEASES = 3
_LOOSENED = 2


def add_column(
    target: str, type_: str, default: str | None = None, *, required: bool = False
) -> list[Draft]:
    """R-MIG-1: empty, or with a default that is one value for all rows."""
    table, column = place(target)
    words = f"{column} {type_}" + (f" DEFAULT {default}" if default else "")
    words += " NOT NULL" if required else ""
    return [
        Draft(
            name=f"add_{table}_{column}",
            kind="expand",
            up=held(table, f"ALTER TABLE {table} ADD COLUMN {words};"),
            down=held(table, f"ALTER TABLE {table} DROP COLUMN {column};"),
        )
    ]


def backfill(target: str, value: str, where: str = "", key: str = "id") -> list[Draft]:
    """R-MIG-5: every row's column set in batches; a killed run goes on where it ended."""
    table, column = place(target)
    narrowed = where or f"{column} IS NULL"
    work = f"""\
      UPDATE {table} SET {column} = {value}
        WHERE {key} IN (
          SELECT {key} FROM {table} WHERE {key} >= mpk_start
          ORDER BY {key} LIMIT 1000 FOR UPDATE)
        AND ({narrowed});"""  # noqa: S608 - names are checked, the rest is read by lint
    name = f"backfill_{table}_{column}"
    up = batches(name, table, key, work)
    return [Draft(name=name, kind="migrate", up=up, down="SELECT 1;")]


def not_null(target: str) -> list[Draft]:
    """NULL-1: a CHECK, its validation beside running writers, then NOT NULL."""
    table, column = place(target)
    check = f"{table}_{column}_there"
    add = f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID;"
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {check};"
    return [
        Draft(
            name=f"check_{table}_{column}",
            kind="contract",
            up=held(table, add),
            down=held(table, drop),
        ),
        Draft(
            name=f"validate_{table}_{column}",
            kind="expand",
            up=f"SET LOCAL lock_timeout = '1s';\nSET LOCAL statement_timeout = '10min';\n"
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {check};",
            down="SELECT 1;",
        ),
        Draft(
            name=f"require_{table}_{column}",
            kind="contract",
            up=held(table, f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\n{drop}"),
            down=held(table, f"{add}\nALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"),
        ),
    ]


def drop_column(folder: Folder, target: str, default: str | None = None) -> list[Draft]:
    """R-MIG-2: the next of three releases, by what the folder's files say has been."""
    table, column = place(target)
    known = after(folder).column(table, column)
    if known is None:
        raise refused(folder, target, "no file of the folder makes this column")
    number = 1 + max(
        (
            step.number
            for each in folder.migrations
            if each.up and (step := each.up.header.step) and step.target == target
        ),
        default=0,
    )
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    if number == 1:
        up, down, kind = *_unused(folder, target, known, default, alter), "expand"
    elif number == _LOOSENED:
        up, down, kind = f"{alter} DROP NOT NULL;", "", "expand"
    else:
        back = f"ALTER TABLE {table} ADD COLUMN {column} {known.type};"
        up, down, kind = f"ALTER TABLE {table} DROP COLUMN {column};", back, "irreversible"
    return [
        Draft(
            name=f"drop_{table}_{column}_{number}",
            kind=kind,
            up=held(table, up) if up else "SELECT 1;",
            down=held(table, down) if down else "SELECT 1;",
            step=f"drop-column {target} {number}/{_DROP_RELEASES}",
        )
    ]


def _unused(
    folder: Folder, target: str, known: Column, default: str | None, alter: str
) -> tuple[str, str]:
    """What lets a version insert that no longer knows the column."""
    if known.nullable or known.has_default:
        return "", ""
    if default is None:
        fault = "is NOT NULL without a default, so the version that stops using it could not insert"
        raise refused(folder, target, fault, "say --default VALUE")
    return f"{alter} SET DEFAULT {default};", f"{alter} DROP DEFAULT;"
