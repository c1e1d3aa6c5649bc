"""The SQL inside DO blocks, so that no rule is passed by wrapping a statement in one."""

from collections.abc import Iterator
from typing import Any, cast

import pglast
from pglast.parser import ParseError

from schema.statements import Statement, parse

_DYNAMIC = frozenset(("PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"))
_WHOLE_STATEMENT = 0
"""PL/pgSQL's parse mode of a text that is a statement, and not an expression."""


def statements(block: Statement) -> tuple[list[Statement], bool]:
    """The statements of a DO block, and whether all of it could be read.

    Lines are those of the block's file. Words that are put together at run time (EXECUTE) cannot be
    read, nor can a language other than PL/pgSQL.
    """
    body, language = _body(block)
    if language not in {"", "plpgsql"}:
        return [], False
    try:
        tree = _tree(body)
    except ParseError:
        return [], False
    found, readable = list[Statement](), not _dynamic(tree)
    for query, line in _queries(tree):
        parsed = parse(query)
        readable = readable and parsed.broken is None
        found += [_placed(each, block, line) for each in parsed.statements]
    return found, readable


def tree(block: Statement) -> Any:
    """The parsed body of a block that `statements` could read."""
    return _tree(_body(block)[0])


def _body(block: Statement) -> tuple[str, str]:
    words = {each.defname: each.arg.sval for each in block.node.args}
    return words.get("as", ""), words.get("language", "").lower()


def _tree(body: str) -> Any:
    tag = "$mpk$" if "$mpk$" not in body else "$mpk_mpk$"
    # The parser reads functions only; a block is a function without a name.
    return pglast.parse_plpgsql(
        f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS {tag}{body}{tag}"
    )


def _queries(tree: Any, line: int = 1) -> Iterator[tuple[str, int]]:
    """Every whole statement, with the line inside the body on which it stands."""
    for kind, value in _entries(tree):
        here = cast("dict[str, Any]", value).get("lineno", line) if kind else line
        if kind == "PLpgSQL_expr":
            if value["parseMode"] == _WHOLE_STATEMENT:
                yield value["query"], here
        elif kind in _DYNAMIC and (constant := _constant(value)) is not None:
            yield constant, here
        else:
            yield from _queries(value, here)


def _dynamic(tree: Any) -> bool:
    return any(
        (kind in _DYNAMIC and _constant(value) is None) or _dynamic(value)
        for kind, value in _entries(tree)
    )


def _constant(execute: Any) -> str | None:
    """The text of an EXECUTE that is not put together: one literal, which can be read after all."""
    expression = execute["query"]["PLpgSQL_expr"]["query"]
    parsed = parse(f"SELECT {expression}")
    if parsed.broken or len(parsed.statements) != 1:
        return None
    targets = parsed.statements[0].node.targetList
    value = getattr(targets[0].val, "val", None) if len(targets or ()) == 1 else None
    return getattr(value, "sval", None)


def _entries(tree: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a tree that are trees: named ones of a mapping, nameless ones of a list."""
    if isinstance(tree, list):
        for each in cast("list[Any]", tree):
            yield "", each
    elif isinstance(tree, dict):
        for kind, value in cast("dict[str, Any]", tree).items():
            if isinstance(value, dict):
                yield kind, value
            elif isinstance(value, list):
                yield "", value


def _placed(found: Statement, block: Statement, line: int) -> Statement:
    return Statement(
        kind=found.kind,
        node=found.node,
        sql=found.sql,
        line=block.line + line - 1 + found.line - 1,
        offset=block.offset,
    )
