"""A folder of golang-migrate's files: `NNNNNN_name.up.sql` and `NNNNNN_name.down.sql`.

golang-migrate runs each file as one command in the order of the numbers, and passes over every
file whose name it does not understand. So a misspelt name is a change that never runs: it is kept
here as a stray, for lint to name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schema.directives import Header, read_header
from schema.findings import Engine
from schema.statements import Broken, Statement, parse
from settings.problems import Problem, SettingsError

_NAME = re.compile(r"(?P<number>[0-9]+)_(?P<name>.+)\.(?P<direction>up|down)\.sql")
DIGITS = 6
"""Of the number in a file's name, so that names sort as numbers do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SqlFile:
    """One file: its text, what it says of itself, and its statements."""

    name: str
    text: str = field(repr=False)
    header: Header
    statements: tuple[Statement, ...] = ()
    broken: Broken | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One step of a schema: the way there, and the way back."""

    number: int
    name: str
    up: SqlFile | None = None
    down: SqlFile | None = None

    @property
    def files(self) -> tuple[SqlFile, ...]:
        """Those of the two that are there."""
        return tuple(each for each in (self.up, self.down) if each)


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """The migrations of one service, in the order in which they run."""

    path: str
    engine: Engine = Engine.POSTGRES
    migrations: tuple[Migration, ...] = ()
    strays: tuple[str, ...] = ()
    """SQL files that golang-migrate passes over without a word."""

    def before(self, migration: Migration) -> tuple[Migration, ...]:
        """What ran before it."""
        return self.migrations[: self.migrations.index(migration)]

    @property
    def latest(self) -> int:
        """The highest number; 0 where nothing is there."""
        return max((each.number for each in self.migrations), default=0)


def read(folder: Path, engine: Engine = Engine.POSTGRES) -> Folder:
    """The migrations in a folder; a folder that cannot be read stops with what is wrong."""
    if not folder.is_dir():
        raise _refused(folder, "is not a folder", "name the folder with a service's *.up.sql files")
    texts, problems = dict[str, str](), list[Problem]()
    for path in sorted(folder.iterdir()):
        if path.suffix != ".sql":
            continue
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems += _refused(path, f"cannot be read: {error}", "write UTF-8 text").problems
    if problems:
        raise SettingsError(problems)
    return from_texts(texts, path=str(folder), engine=engine)


def from_texts(
    texts: Mapping[str, str], *, path: str = "", engine: Engine = Engine.POSTGRES
) -> Folder:
    """The same from texts by file name: for examples, and for what is not written yet."""
    found, strays = dict[tuple[int, str], Migration](), list[str]()
    for name in sorted(texts):
        parts = _NAME.fullmatch(name)
        if parts is None:
            strays.append(name)
            continue
        key = (int(parts["number"]), parts["name"])
        file = _file(name, texts[name], engine)
        earlier = found.get(key, Migration(number=key[0], name=key[1]))
        up = file if parts["direction"] == "up" else earlier.up
        down = file if parts["direction"] == "down" else earlier.down
        found[key] = Migration(number=key[0], name=key[1], up=up, down=down)
    return Folder(
        path=path,
        engine=engine,
        migrations=tuple(found[key] for key in sorted(found)),
        strays=tuple(strays),
    )


def file_names(number: int, name: str) -> tuple[str, str]:
    """The names of a migration's two files."""
    stem = f"{number:0{DIGITS}}_{name}"
    return f"{stem}.up.sql", f"{stem}.down.sql"


def _file(name: str, text: str, engine: Engine) -> SqlFile:
    parsed = parse(text, lenient=engine is Engine.COCKROACHDB)
    return SqlFile(
        name=name,
        text=text,
        header=read_header(text),
        statements=parsed.statements,
        broken=parsed.broken,
    )


def _refused(path: Path, message: str, remedy: str) -> SettingsError:
    return SettingsError(
        [Problem(file=str(path), key="", value="", message=message, remedy=remedy)]
    )
