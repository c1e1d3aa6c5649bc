"""Questions to the parser's nodes that several rules ask.

Nodes are plain data of many shapes, so they are `Any` here and only here are their fields spelt out
more than once.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from pglast import ast
from pglast.enums import AlterTableType, ConstrType, ObjectType

_PUBLIC = "public."


def relation(node: Any) -> str:
    """A table's name: with its schema unless that is `public`."""
    schema = f"{node.schemaname}." if node.schemaname else ""
    return f"{schema}{node.relname}".removeprefix(_PUBLIC)


def dotted(names: Any) -> str:
    """A name given as a list of strings; other shapes (function signatures) by their own name."""
    found = getattr(names, "objname", getattr(names, "names", names))
    parts = cast("Sequence[Any]", found) if isinstance(found, (tuple, list)) else (found,)
    texts = [_text(part) for part in parts]
    return ".".join(text for text in texts if text).removeprefix(_PUBLIC)


def routine(node: Any) -> str:
    """The name of a function, a type, or a trigger (with its table, as DROP TRIGGER has it)."""
    if type(node).__name__ == "CreateTrigStmt":
        return f"{relation(node.relation)}.{node.trigname}"
    return dotted(getattr(node, "funcname", None) or node.typeName)


def _text(part: Any) -> str:
    return part if isinstance(part, str) else str(getattr(part, "sval", "") or "")


def type_name(node: Any) -> str:
    """A type without `pg_catalog`, with its arguments: `varchar(20)`, `text[]`."""
    name = dotted(node.names).removeprefix("pg_catalog.")
    arguments = ", ".join(str(getattr(each.val, "ival", "?")) for each in node.typmods or ())
    return name + (f"({arguments})" if arguments else "") + ("[]" if node.arrayBounds else "")


def commands(node: Any) -> Iterator[tuple[str, Any]]:
    """What an ALTER TABLE does: `AT_AddColumn` and its node, one by one."""
    for command in node.cmds:
        yield AlterTableType(command.subtype).name, command


def object_type(node: Any, field: str = "removeType") -> str:
    """`OBJECT_TABLE` and the like."""
    return ObjectType(getattr(node, field)).name


def constraint_type(node: Any) -> str:
    """`CONSTR_CHECK` and the like."""
    return ConstrType(node.contype).name


def constraints(column: Any) -> dict[str, Any]:
    """The constraints that stand at a column, by type."""
    return {constraint_type(each): each for each in column.constraints or ()}


def calls(node: Any) -> set[str]:
    """The names of all functions called within, in lower case."""
    return {
        dotted(each.funcname).removeprefix("pg_catalog.") for each in within(node, "FuncCall")
    } | {each.op.name.removeprefix("SVFOP_").lower() for each in within(node, "SQLValueFunction")}


def within(node: Any, kind: str) -> list[Any]:
    """Every node of a kind below a node, itself included."""
    if isinstance(node, (tuple, list)):
        return [found for each in cast("Sequence[Any]", node) for found in within(each, kind)]
    if not isinstance(node, ast.Node):
        return []
    below = [found for name in node for found in within(getattr(node, name), kind)]
    return [node, *below] if type(node).__name__ == kind else below
