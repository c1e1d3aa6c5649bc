"""What each statement does to the tables that are known."""

import copy
from typing import Any

from schema import nodes
from schema.statements import Statement
from schema.tables import Column, Constraint, Schema, Table


def apply(schema: Schema, statement: Statement, file: str) -> None:
    """Take a statement's effect in."""
    handler = _HANDLERS.get(statement.kind)
    if handler:
        handler(schema, statement.node, file)


def _create(schema: Schema, node: Any, file: str) -> None:
    name = nodes.relation(node.relation)
    if node.if_not_exists and name in schema.tables:
        return
    table = schema.tables[name] = Table(made_by=file)
    for element in node.tableElts or ():
        match type(element).__name__:
            case "ColumnDef":
                _add_column(table, name, element)
            case "Constraint":
                _add_constraint(table, name, element)
            case "TableLikeClause":
                model = schema.tables.get(nodes.relation(element.relation))
                table.columns |= copy.deepcopy(model.columns) if model else {}
            case _:
                pass


def _create_as(schema: Schema, node: Any, file: str) -> None:
    schema.tables[nodes.relation(node.into.rel)] = Table(made_by=file)


def _view(schema: Schema, node: Any, file: str) -> None:
    schema.tables.setdefault(nodes.relation(node.view), Table(made_by=file))


def _add_column(table: Table, name: str, column: Any) -> None:
    found = nodes.constraints(column)
    nullable = not found.keys() & {"CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"}
    made = Column(
        type=nodes.type_name(column.typeName),
        nullable=nullable,
        has_default="CONSTR_DEFAULT" in found,
        counted="CONSTR_IDENTITY" in found,
    )
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
        type=kind,
        columns=columns,
        valid=not node.skip_validation,
        not_null=_kept(node),
        refers=nodes.relation(node.pktable) if node.pktable else None,
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
                schema.forget(name)
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
    schema.routines.setdefault(nodes.routine(node), file)


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
