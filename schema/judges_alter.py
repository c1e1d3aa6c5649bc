"""The class of each thing that an ALTER TABLE does."""

from collections.abc import Iterator
from typing import Any

from schema import nodes, restoring, types
from schema.kinds import Judgement, Kind
from schema.visits import Visit


def alter(visit: Visit, node: Any) -> Iterator[Judgement]:
    """Each command of it; all of them are harmless to a table that this very file makes."""
    table = nodes.relation(node.relation)
    if visit.fresh(table):
        yield Kind.EXPAND, f"shapes {table}, which this file makes", ""
        return
    if nodes.object_type(node, "objtype") == "OBJECT_VIEW":
        yield Kind.CONTRACT, f"changes what the view {table} gives", table
        return
    for kind, command in nodes.commands(node):
        yield from _command(visit, table, kind, command)


def _command(visit: Visit, table: str, kind: str, command: Any) -> Iterator[Judgement]:
    place = f"{table}.{command.name}"
    match kind:
        case "AT_AddColumn":
            yield _added(table, command.def_)
        case "AT_DropColumn":
            yield _dropped(visit, table, command.name)
        case "AT_AlterColumnType":
            yield _retyped(visit, table, command)
        case "AT_AddConstraint":
            yield _constrained(table, command.def_)
        case "AT_DropConstraint":
            yield _freed(visit, table, command.name)
        case "AT_SetNotNull":
            yield Kind.CONTRACT, f"forbids null in {place}", place
        case _:
            yield _other(table, kind, command)


def _other(table: str, kind: str, command: Any) -> Judgement:
    if kind == "AT_ColumnDefault" and command.def_ is None:
        place = f"{table}.{command.name}"
        return Kind.CONTRACT, f"takes the default of {place} away", place
    if kind in _TAKING:
        return Kind.CONTRACT, f"{_TAKING[kind]} of {table}", table
    return Kind.EXPAND, f"changes {table} and takes nothing away", ""


def _dropped(visit: Visit, table: str, name: str) -> Judgement:
    place = f"{table}.{name}"
    if restoring.column(visit.migration, table, name):
        return Kind.CONTRACT, f"drops the column {place}", place
    what = f"drops the column {place}, and its down file does not bring the values back"
    return Kind.IRREVERSIBLE, what, place


_TAKING = {
    "AT_DropIdentity": "takes the identity column",
    "AT_SetIdentity": "changes how the identity column is filled",
    "AT_SetExpression": "changes how the generated column is filled",
    "AT_AddInherit": "shows more rows",
    "AT_DropInherit": "hides rows",
    "AT_ReplicaIdentity": "changes what replicas are told",
    "AT_DropExpression": "takes the generated column",
    "AT_EnableRowSecurity": "hides rows",
    "AT_ForceRowSecurity": "hides rows",
    "AT_DetachPartition": "takes a partition out",
    "AT_DisableTrig": "stops a trigger",
    "AT_DisableTrigAll": "stops the triggers",
    "AT_DisableTrigUser": "stops the triggers",
    "AT_ChangeOwner": "changes the owner",
}


def _added(table: str, column: Any) -> Judgement:
    found = nodes.constraints(column)
    fills = found.keys() & {"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"}
    serial = nodes.type_name(column.typeName) in types.SERIAL
    if found.keys() & {"CONSTR_NOTNULL", "CONSTR_PRIMARY"} and not fills and not serial:
        what = f"adds {table}.{column.colname}, which the version before does not fill"
        return Kind.CONTRACT, what, f"{table} without {column.colname}"
    return Kind.EXPAND, f"adds the column {table}.{column.colname}", ""


def _retyped(visit: Visit, table: str, command: Any) -> Judgement:
    place, new = f"{table}.{command.name}", nodes.type_name(command.def_.typeName)
    known = visit.schema.column(table, command.name)
    if known and types.widens(known.type, new):
        return Kind.EXPAND, f"widens {place} from {known.type} to {new}", ""
    return Kind.IRREVERSIBLE, f"converts the values of {place} to {new}", place


def _constrained(table: str, constraint: Any) -> Judgement:
    if constraint.indexname:
        return Kind.EXPAND, f"names a unique index of {table} a constraint", ""
    name = constraint.conname or "the constraint"
    what = f"forbids rows in {table} that the version before may write"
    return Kind.CONTRACT, what, f"{table} without {name}"


def _freed(visit: Visit, table: str, name: str) -> Judgement:
    known = visit.schema.tables.get(table)
    constraint = known.constraints.get(name) if known else None
    if constraint and constraint.type in {"CONSTR_CHECK", "CONSTR_FOREIGN"}:
        return Kind.EXPAND, f"allows in {table} what {name} forbade", ""
    what = f"takes the constraint {name} of {table}, which ON CONFLICT may name"
    return Kind.CONTRACT, what, f"constraint {name}"
