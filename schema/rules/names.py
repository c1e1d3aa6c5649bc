"""FILE-1 to FILE-5: every file is found, is SQL, and has its own place in the order."""

import re
from collections import Counter
from collections.abc import Iterator

from schema.files import DIGITS, Folder
from schema.findings import Finding, Rule
from schema.rules.examples import pair

_NUMBER = re.compile(r"([0-9]+)_")


def check_sql(folder: Folder) -> Iterator[Finding]:
    """Files that do not parse, and ways up with nothing in them."""
    for migration in folder.migrations:
        for file in migration.files:
            if file.broken:
                message = f"is no SQL: {file.broken.message}"
                yield Finding(file=file.name, line=file.broken.line, rule=SQL.id, message=message)
        if migration.up and not migration.up.statements and not migration.up.broken:
            message = "holds no statement"
            yield Finding(file=migration.up.name, line=1, rule=SQL.id, message=message)


def check_names(folder: Folder) -> Iterator[Finding]:
    """Names that golang-migrate passes over, and ways back from nowhere."""
    for name in folder.strays:
        message = "is passed over: the name is not NNNNNN_words.up.sql or .down.sql"
        yield Finding(file=name, line=1, rule=NAME.id, message=message)
    for migration in folder.migrations:
        for file in migration.files:
            number = _NUMBER.match(file.name)
            if number and len(number[1]) != DIGITS:
                message = f"its number has {len(number[1])} digits, and names sort by {DIGITS}"
                yield Finding(file=file.name, line=1, rule=NAME.id, message=message)
        if migration.up is None and migration.down:
            message = "is a way back from nowhere: its up file is missing"
            yield Finding(file=migration.down.name, line=1, rule=NAME.id, message=message)


def check_order(folder: Folder) -> Iterator[Finding]:
    """Numbers that are missing, or there twice."""
    counts = Counter(each.number for each in folder.migrations)
    expected = 1
    for migration in folder.migrations:
        file, number = migration.files[0].name, migration.number
        if counts[number] > 1:
            message = f"{number:0{DIGITS}} is there {counts[number]} times"
            yield Finding(file=file, line=1, rule=TWICE.id, message=message)
        if number > expected:
            message = f"{expected:0{DIGITS}} is missing before it"
            yield Finding(file=file, line=1, rule=GAP.id, message=message)
        expected = max(expected, number + 1)


_UP, _DOWN = "CREATE TABLE visits (id bigint PRIMARY KEY);", "DROP TABLE visits;"
_SAFE = pair(_UP, _DOWN)
SQL = Rule(
    id="FILE-1",
    title="A file is SQL of PostgreSQL, and not empty",
    why="A file that does not parse fails in the cluster, in the middle of a release, and leaves "
    "the version dirty.",
    safe="Mend the place; lint uses the server's own grammar. For CockroachDB say --engine "
    "cockroachdb.",
    bad_example=_SAFE
    | {"000002_change.up.sql": "-- mpk:class expand\nCREATE TABEL visits (id int);\n"},
    safe_example=_SAFE,
    check=check_sql,
)
NAME = Rule(
    id="FILE-2",
    title="A file is named NNNNNN_words.up.sql or NNNNNN_words.down.sql",
    why="golang-migrate passes over other names without a word, so the change never runs and the "
    "service waits for its schema for ever.",
    safe="Six digits, an underscore, words, .up.sql and .down.sql; `mpk migrate new` names them.",
    bad_example=_SAFE | {"3-visits.up.sql": "SELECT 1;\n"},
    safe_example=_SAFE,
    check=check_names,
)
GAP = Rule(
    id="FILE-3",
    title="Numbers have no gap",
    why="A number that comes later than a higher one never runs where the higher one has run "
    "already: golang-migrate goes on from the highest.",
    safe="Give the file the next free number, before it is merged.",
    bad_example=pair(_UP, _DOWN, number=4),
    safe_example=_SAFE,
    check=check_order,
)
TWICE = Rule(
    id="FILE-4",
    title="A number is there once",
    why="golang-migrate refuses a folder with two files of one number and direction, so nothing "
    "runs any more. It happens when two branches are merged.",
    safe="The branch that is merged second takes the next number.",
    bad_example=pair(_UP, _DOWN) | pair("SELECT 1;", name="other", timeouts=False),
    safe_example=_SAFE | pair("SELECT 1;", number=3, name="other", timeouts=False),
)
