"""What the files before have made: tables, columns, constraints, indexes.

Enough to judge a statement by what it meets: whether its table is new, whether a column was made
nullable before it is dropped, whether a CHECK was validated before NOT NULL is set. What no file
has made is unknown, and judged as something that exists and is in use.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schema import nodes
from schema.files import Folder, Migration, SqlFile
from schema.statements import Statement


@dataclass(kw_only=True, slots=True)
class Column:
    """What is known of a column."""

    type: str
    nullable: bool = True
    loosened_in: int | None = None
    """The migration that took its NOT NULL away (release 2 of R-MIG-2)."""


@dataclass(kw_only=True, slots=True)
class Constraint:
    """A constraint of a table."""

    type: str
    columns: tuple[str, ...] = ()
    valid: bool = True
    not_null: str | None = None
    """The column that a CHECK keeps from being null."""


@dataclass(kw_only=True, slots=True)
class Table:
    """What is known of a table or a view."""

    made_by: str
    """The file that made it."""
    columns: dict[str, Column] = field(default_factory=dict[str, Column])
    constraints: dict[str, Constraint] = field(default_factory=dict[str, Constraint])


@dataclass(kw_only=True, slots=True)
class Schema:
    """What is there at one moment, changed statement by statement."""

    tables: dict[str, Table] = field(default_factory=dict[str, Table])
    indexes: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])
    """Table and uniqueness of an index."""
    routines: dict[str, str] = field(default_factory=dict[str, str])
    """Functions, triggers, types: the file that made them."""

    def column(self, table: str, name: str) -> Column | None:
        """A column, where a file has made it."""
        known = self.tables.get(table)
        return known.columns.get(name) if known else None

    def apply(self, statement: Statement, file: str) -> None:
        """Take a statement's effect in."""
        handler = _HANDLERS.get(statement.kind)
        if handler:
            handler(self, statement.node, file)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """A statement, and what it meets."""

    migration: Migration
    file: SqlFile
    statement: Statement
    schema: Schema
    """As it is before the statement; it changes when the walk goes on."""

    @property
    def up(self) -> bool:
        """Whether it stands in the way there."""
        return self.file is self.migration.up

    def fresh(self, table: str) -> bool:
        """Whether this very file made the table, so that nobody uses it yet."""
        known = self.schema.tables.get(table)
        return known is not None and known.made_by == self.file.name


def walk(folder: Folder) -> Iterator[Visit]:
    """Every statement in the order of the numbers; a down file right after its up file."""
    schema = Schema()
    for migration in folder.migrations:
        if migration.up:
            yield from _through(migration, migration.up, schema)
        if migration.down:
            yield from _through(migration, migration.down, copy.deepcopy(schema))


def schema_before(folder: Folder, migration: Migration) -> Schema:
    """What is there when a migration begins."""
    schema = Schema()
    for each in folder.before(migration):
        for statement in each.up.statements if each.up else ():
            schema.apply(statement, each.up.name if each.up else "")
    return schema


def _through(migration: Migration, file: SqlFile, schema: Schema) -> Iterator[Visit]:
    for statement in file.statements:
        yield Visit(migration=migration, file=file, statement=statement, schema=schema)
        schema.apply(statement, file.name)


def _create(schema: Schema, node: Any, file: str) -> None:
    name = nodes.relation(node.relation)
    if node.if_not_exists and name in schema.tables:
        return
    table = schema.tables[name] = Table(made_by=file)
    for element in node.tableElts or ():
        if type(element).__name__ == "ColumnDef":
            _add_column(table, name, element)
        elif type(element).__name__ == "Constraint":
            _add_constraint(table, name, element)


def _create_as(schema: Schema, node: Any, file: str) -> None:
    schema.tables[nodes.relation(node.into.rel)] = Table(made_by=file)


def _view(schema: Schema, node: Any, file: str) -> None:
    schema.tables.setdefault(nodes.relation(node.view), Table(made_by=file))


def _add_column(table: Table, name: str, column: Any) -> None:
    found = nodes.constraints(column)
    nullable = not found.keys() & {"CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"}
    made = Column(type=nodes.type_name(column.typeName), nullable=nullable)
    table.columns[column.colname] = made
    for each in column.constraints or ():
        _add_constraint(table, name, each, column.colname)


_NAMES = {
    "CONSTR_PRIMARY": "pkey",
    "CONSTR_UNIQUE": "key",
    "CONSTR_CHECK": "check",
    "CONSTR_FOREIGN": "fkey",
    "CONSTR_EXCLUSION": "excl",
}


def _add_constraint(table: Table, name: str, node: Any, column: str = "") -> None:
    kind = nodes.constraint_type(node)
    if kind not in _NAMES:
        return
    columns = tuple(nodes.dotted(key) for key in node.keys or node.fk_attrs or ())
    columns = columns or ((column,) if column else ())
    middle = "_".join(columns) if kind != "CONSTR_PRIMARY" else ""
    own = node.conname or "_".join(part for part in (name, middle, _NAMES[kind]) if part)
    table.constraints[own] = Constraint(
        type=kind, columns=columns, valid=not node.skip_validation, not_null=_kept(node)
    )


def _kept(node: Any) -> str | None:
    """The column of a CHECK that says `column IS NOT NULL` and nothing else."""
    test = node.raw_expr
    if type(test).__name__ != "NullTest" or test.nulltesttype.name != "IS_NOT_NULL":
        return None
    return nodes.dotted(test.arg.fields) if type(test.arg).__name__ == "ColumnRef" else None


def _alter(schema: Schema, node: Any, file: str) -> None:
    name = nodes.relation(node.relation)
    table = schema.tables.setdefault(name, Table(made_by=""))
    for kind, command in nodes.commands(node):
        _alter_table(table, name, kind, command, file)


def _alter_table(table: Table, name: str, kind: str, command: Any, file: str) -> None:
    match kind:
        case "AT_AddColumn":
            _add_column(table, name, command.def_)
        case "AT_DropColumn":
            table.columns.pop(command.name, None)
        case "AT_AddConstraint":
            _add_constraint(table, name, command.def_)
        case "AT_DropConstraint":
            table.constraints.pop(command.name, None)
        case "AT_ValidateConstraint" if command.name in table.constraints:
            table.constraints[command.name].valid = True
        case "AT_DropNotNull":
            _loosen(table, command.name, file)
        case _ if command.name in table.columns:
            _alter_column(table.columns[command.name], kind, command)
        case _:
            pass


def _alter_column(column: Column, kind: str, command: Any) -> None:
    if kind == "AT_AlterColumnType":
        column.type = nodes.type_name(command.def_.typeName)
    elif kind == "AT_SetNotNull":
        column.nullable = False


def _loosen(table: Table, name: str, file: str) -> None:
    column = table.columns.setdefault(name, Column(type=""))
    column.nullable, column.loosened_in = True, int(file.partition("_")[0])


def _index(schema: Schema, node: Any, file: str) -> None:
    del file
    schema.indexes[node.idxname or ""] = (nodes.relation(node.relation), bool(node.unique))


def _drop(schema: Schema, node: Any, file: str) -> None:
    del file
    for each in node.objects:
        name = nodes.dotted(each)
        match nodes.object_type(node):
            case "OBJECT_TABLE" | "OBJECT_VIEW" | "OBJECT_MATVIEW":
                schema.tables.pop(name, None)
            case "OBJECT_INDEX":
                schema.indexes.pop(name, None)
            case _:
                schema.routines.pop(name, None)


def _rename(schema: Schema, node: Any, file: str) -> None:
    del file
    if node.relation is None:
        return
    old = nodes.relation(node.relation)
    table = schema.tables.get(old)
    match nodes.object_type(node, "renameType"):
        case "OBJECT_TABLE" | "OBJECT_VIEW" if table:
            schema.tables[node.newname] = schema.tables.pop(old)
        case "OBJECT_COLUMN" if table and node.subname in table.columns:
            table.columns[node.newname] = table.columns.pop(node.subname)
        case _:
            pass


def _routine(schema: Schema, node: Any, file: str) -> None:
    name = getattr(node, "funcname", None) or getattr(node, "trigname", None) or node.typeName
    schema.routines.setdefault(nodes.dotted(name), file)


_HANDLERS = {
    "CreateStmt": _create,
    "CreateTableAsStmt": _create_as,
    "ViewStmt": _view,
    "AlterTableStmt": _alter,
    "IndexStmt": _index,
    "DropStmt": _drop,
    "RenameStmt": _rename,
    "CreateFunctionStmt": _routine,
    "CreateTrigStmt": _routine,
    "CreateEnumStmt": _routine,
}
