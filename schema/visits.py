"""The walk over a folder's statements, each with the tables that it meets."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from schema import plpgsql
from schema.effects import apply
from schema.files import Folder, Migration, SqlFile
from schema.statements import Statement
from schema.tables import Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """A statement, and what it meets."""

    migration: Migration
    file: SqlFile
    statement: Statement
    schema: Schema
    """As it is before the statement; it changes when the walk goes on."""
    block: Statement | None = None
    """The DO block that holds it."""
    readable: bool = True
    """False for a DO block with words that are put together at run time."""

    @property
    def up(self) -> bool:
        """Whether it stands in the way there."""
        return self.file is self.migration.up

    def fresh(self, table: str) -> bool:
        """Whether this very file made the table, so that nobody uses it yet."""
        known = self.schema.tables.get(table)
        return known is not None and known.made_by == self.file.name


def walk(folder: Folder) -> Iterator[Visit]:
    """Every statement in the order of the numbers; a down file right after its up file.

    A DO block is followed by the statements in it.
    """
    schema = Schema()
    for migration in folder.migrations:
        if migration.up:
            yield from _through(migration, migration.up, schema)
        if migration.down:
            yield from _through(migration, migration.down, copy.deepcopy(schema))


def after(folder: Folder) -> Schema:
    """What is there when every file has run."""
    return _run(folder.migrations)


def before(folder: Folder, migration: Migration) -> Schema:
    """What is there when a migration begins."""
    return _run(folder.before(migration))


def _run(migrations: Iterable[Migration]) -> Schema:
    schema = Schema()
    for migration in migrations:
        for _ in _through(migration, migration.up, schema) if migration.up else ():
            pass
    return schema


def _through(migration: Migration, file: SqlFile, schema: Schema) -> Iterator[Visit]:
    for statement in file.statements:
        inner, readable = [], True
        if statement.kind == "DoStmt":
            inner, readable = plpgsql.statements(statement)
        visit = Visit(
            migration=migration, file=file, statement=statement, schema=schema, readable=readable
        )
        yield visit
        apply(schema, statement, file.name)
        for each in inner:
            yield replace(visit, statement=each, block=statement, readable=True)
            apply(schema, each, file.name)
