"""SQL text to statements, each parsed by PostgreSQL's own grammar and placed in its file.

pglast holds the parser of the server itself, so what parses here parses there. Its nodes carry no
static types: `Statement.kind` names the node, and rules read `Statement.node` as plain data.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pglast
from pglast.parser import ParseError

OPAQUE = "Opaque"
"""The kind of a statement that PostgreSQL's grammar does not know (CockroachDB's own words)."""
_INDEX = re.compile(r"at index (\d+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement of a file."""

    kind: str
    """The grammar's name of it, such as `AlterTableStmt`, or `Opaque`."""
    node: Any = field(repr=False, compare=False)
    sql: str
    line: int
    """Line of its first word; the file's first line is 1."""
    offset: int
    """Characters before its first word."""

    def line_at(self, place: int | None) -> int:
        """The line of a place that a node of this statement names, else of the statement."""
        if not place or not self.offset <= place <= self.offset + len(self.sql):
            return self.line
        return self.line + self.sql.count("\n", 0, place - self.offset)


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """Where a text stops being SQL."""

    line: int
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """What a text holds: its statements, or where it breaks."""

    statements: tuple[Statement, ...] = ()
    broken: Broken | None = None


def parse(text: str, *, lenient: bool = False) -> Parsed:
    """The statements of a text.

    Lenient: a statement outside PostgreSQL's grammar becomes opaque instead of breaking the file,
    since CockroachDB has words of its own.
    """
    lines = _Lines(text)
    try:
        raw = pglast.parse_sql(text)
    except ParseError as error:
        return _piecewise(text, lines) if lenient else Parsed(broken=lines.broken(error, 0))
    found = [_statement(each, text, lines) for each in raw]
    return Parsed(statements=tuple(found))


def _statement(raw: Any, text: str, lines: "_Lines") -> Statement:
    start = raw.stmt_location
    end = start + raw.stmt_len if raw.stmt_len else len(text)
    return Statement(
        kind=type(raw.stmt).__name__,
        node=raw.stmt,
        sql=text[start:end].rstrip().removesuffix(";"),
        line=lines.at(start),
        offset=start,
    )


def _piecewise(text: str, lines: "_Lines") -> Parsed:
    """Each statement parsed for itself."""
    try:
        found = [each for start, end in _pieces(text) for each in _lenient(text, start, end, lines)]
    except ParseError as error:
        return Parsed(broken=lines.broken(error, 0))
    return Parsed(statements=tuple(found))


def _lenient(text: str, start: int, end: int, lines: "_Lines") -> Iterator[Statement]:
    piece = text[start:end]
    try:
        node = pglast.parse_sql(piece)[0].stmt
        kind = type(node).__name__
    except ParseError:
        kind, node = OPAQUE, None
    yield Statement(kind=kind, node=node, sql=piece, line=lines.at(start), offset=start)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """From the first to past the last word of each piece between semicolons."""
    start = end = None
    for token in pglast.parser.scan(text):
        if token.name in {"SQL_COMMENT", "C_COMMENT"}:
            continue
        if token.name != "ASCII_59":
            start, end = token.start if start is None else start, token.end + 1
        elif start is not None and end is not None:
            yield start, end
            start = end = None
    if start is not None and end is not None:
        yield start, end


class _Lines:
    """Turns places in a text into line numbers."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(place.end() for place in re.finditer("\n", text))]

    def at(self, place: int) -> int:
        """The line that holds the place."""
        return bisect_right(self._starts, place)

    def broken(self, error: ParseError, start: int) -> Broken:
        """The parser's message, without its place, and the line of that place."""
        message = str(error.args[0])
        place = error.args[1] if len(error.args) > 1 else 0
        if found := _INDEX.search(message):
            place = int(found.group(1))
        return Broken(line=self.at(start + int(place)), message=message.partition(", at index")[0])
