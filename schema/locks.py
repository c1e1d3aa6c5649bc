"""Which tables a statement keeps from their users, and whether it works long meanwhile.

Locks that let reads and writes pass (SHARE UPDATE EXCLUSIVE and below) do not count. A change waits
for its lock behind every running transaction, and whoever comes later waits behind the change: that
queue, not the change itself, is what stops a service.
"""

from collections.abc import Iterator
from typing import Any

from schema import nodes
from schema.visits import Visit

_WEAK_COMMANDS = frozenset(
    ("AT_ValidateConstraint", "AT_SetStatistics", "AT_SetOptions", "AT_ResetOptions",
     "AT_AttachPartition", "AT_ClusterOn", "AT_SetRelOptions", "AT_ResetRelOptions"),
)  # fmt: skip
_WEAK_MODES = 4
"""LOCK TABLE modes up to SHARE UPDATE EXCLUSIVE, as the grammar numbers them."""


def strong(visit: Visit) -> list[str]:
    """The tables that exist already and that the statement keeps from readers or writers."""
    return list(dict.fromkeys(name for name in _named(visit) if not visit.fresh(name)))


def changes_rows(visit: Visit) -> str | None:
    """The table whose rows the statement changes, where it exists already."""
    if visit.statement.kind not in {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}:
        return None
    table = nodes.relation(visit.statement.node.relation)
    return None if visit.fresh(table) else table


def scans(visit: Visit) -> bool:
    """Whether it reads a whole table to validate a constraint."""
    node = visit.statement.node
    if visit.statement.kind != "AlterTableStmt":
        return False
    return any(kind == "AT_ValidateConstraint" for kind, _ in nodes.commands(node))


def _named(visit: Visit) -> Iterator[str]:
    node: Any = visit.statement.node
    match visit.statement.kind:
        case "AlterTableStmt":
            yield from _alter(visit, node)
        case "IndexStmt" if not node.concurrent:
            yield nodes.relation(node.relation)
        case "CreateTrigStmt" | "RuleStmt":
            yield nodes.relation(node.relation)
        case "CreatePolicyStmt" | "AlterPolicyStmt":
            yield nodes.relation(node.table)
        case "DropStmt":
            yield from _drop(visit, node)
        case _:
            yield from _others(visit, node)


def _others(visit: Visit, node: Any) -> Iterator[str]:
    match visit.statement.kind:
        case "RenameStmt" if node.relation and "INDEX" not in nodes.object_type(node, "renameType"):
            yield nodes.relation(node.relation)
        case "TruncateStmt":
            yield from (nodes.relation(each) for each in node.relations)
        case "LockStmt" if node.mode > _WEAK_MODES:
            yield from (nodes.relation(each) for each in node.relations)
        case "CreateStmt":
            yield from _referred(node.tableElts)
        case _:
            return


def _alter(visit: Visit, node: Any) -> Iterator[str]:
    if nodes.object_type(node, "objtype") not in {"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"}:
        return
    if all(kind in _WEAK_COMMANDS for kind, _ in nodes.commands(node)):
        return
    yield nodes.relation(node.relation)
    if visit.fresh(nodes.relation(node.relation)):
        yield from _referred([command.def_ for _, command in nodes.commands(node)])


def _referred(elements: Any) -> Iterator[str]:
    """The tables that foreign keys of a new table refer to: they are held while it is made."""
    for constraint in nodes.within(elements or [], "Constraint"):
        if constraint.pktable:
            yield nodes.relation(constraint.pktable)


def _drop(visit: Visit, node: Any) -> Iterator[str]:
    if node.concurrent:
        return
    for each in node.objects:
        name = nodes.dotted(each)
        match nodes.object_type(node):
            case "OBJECT_TABLE" | "OBJECT_VIEW" | "OBJECT_MATVIEW":
                yield name
            case "OBJECT_TRIGGER" | "OBJECT_RULE" | "OBJECT_POLICY":
                yield name.rpartition(".")[0]
            case "OBJECT_INDEX":
                yield visit.schema.indexes.get(name, (f"the table of {name}", False))[0]
            case _:
                pass
