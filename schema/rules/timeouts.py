"""LOCK-1 to LOCK-5: a change waits shortly for its lock, holds it shortly, and holds one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from schema.files import Folder, SqlFile
from schema.findings import POSTGRES_ONLY, Finding, Rule
from schema.limits import LOCK_TIMEOUT_MS, LOCKED_STATEMENT_MS, STATEMENT_MS
from schema.locks import changes_rows, scans, strong
from schema.rules.examples import TIMEOUTS, pair
from schema.visits import Visit, walk

_TIME = re.compile(r"(?P<count>\d+) *(?P<unit>ms|s|min|h|d|)")
_UNITS = {"": 1, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_NEVER = 0


@dataclass(slots=True)
class _State:
    """What a file has set, and what it holds, at one statement."""

    timeouts: dict[str, int] = field(default_factory=dict[str, int])
    held: dict[str, int] = field(default_factory=dict[str, int])
    told: set[str] = field(default_factory=set[str])


def check(folder: Folder) -> Iterator[Finding]:
    """Walks each file once, since what a statement may do depends on those before it."""
    states = dict[str, _State]()
    for visit in walk(folder):
        state = states.setdefault(visit.file.name, _State())
        if visit.statement.kind == "VariableSetStmt" and not visit.block:
            yield from _set(visit, state)
        elif not _alone(visit.file):
            for rule, fault in (*_locks(visit, state), *_works(visit, state)):
                if rule not in state.told:
                    state.told.add(rule)
                    yield _found(visit, rule, fault)


def _alone(file: SqlFile) -> bool:
    """Whether its only statement is one that refuses company, so that nothing can be set before.

    CONCURRENTLY waits without keeping anyone out, and a DO block that commits sets its own.
    """
    if len(file.statements) != 1:
        return False
    text = file.statements[0].sql.upper()
    return "CONCURRENTLY" in text or "COMMIT" in text


def _found(visit: Visit, rule: str, message: str) -> Finding:
    return Finding(file=visit.file.name, line=visit.statement.line, rule=rule, message=message)


def _set(visit: Visit, state: _State) -> Iterator[Finding]:
    node = visit.statement.node
    if node.name not in {"lock_timeout", "statement_timeout"}:
        return
    state.timeouts[node.name] = _milliseconds(node)
    if not node.is_local:
        fault = f"SET {node.name} stays set for every file that runs after this one"
        yield _found(visit, LEAK.id, fault)


def _milliseconds(node: object) -> int:
    values = getattr(node, "args", None) or ()
    value = getattr(values[0], "val", None) if values else None
    text = str(getattr(value, "sval", None) or getattr(value, "ival", ""))
    found = _TIME.fullmatch(text)
    return int(found["count"]) * _UNITS[found["unit"]] if found else _NEVER


def _locks(visit: Visit, state: _State) -> Iterator[tuple[str, str]]:
    tables = strong(visit)
    if not tables:
        return
    name, kind = tables[0], visit.statement.kind
    if not 0 < state.timeouts.get("lock_timeout", _NEVER) <= LOCK_TIMEOUT_MS:
        fault = f"waits for {name} without an end that is near, and everyone queues behind it"
        yield LOCK.id, fault
    if kind != "LockStmt":
        yield from _held_long(state, name, LOCKED_STATEMENT_MS)
    before = [each for each in state.held if each not in tables]
    if before and kind != "DropStmt":
        yield ONE.id, f"locks {name} while it still holds {before[0]}"
    state.held |= dict.fromkeys(tables, visit.statement.line)


def _works(visit: Visit, state: _State) -> Iterator[tuple[str, str]]:
    changed = changes_rows(visit)
    if (changed or scans(visit)) and not strong(visit):
        yield from _held_long(state, changed or "the table", STATEMENT_MS)
    if (changed or scans(visit)) and (held := list(state.held)):
        yield SLOW.id, f"works through rows while it still holds {held[0]}"


def _held_long(state: _State, name: str, most: int) -> Iterator[tuple[str, str]]:
    if not 0 < state.timeouts.get("statement_timeout", _NEVER) <= most:
        yield STATEMENT.id, f"may work on {name} for ever: at most {most // 1000} s is allowed here"


_ADD = "ALTER TABLE devices ADD COLUMN checked boolean;"
_REMOVE = "ALTER TABLE devices DROP COLUMN checked;"
_SAFE = pair(_ADD, _REMOVE)
_QUEUE = (
    "A change that waits for its lock stops everyone who comes after it, readers too: the table is "
    "down for as long as the longest transaction runs. "
)
LOCK = Rule(
    id="LOCK-1",
    title=f"A file sets lock_timeout to at most {LOCK_TIMEOUT_MS // 1000} s before it locks",
    engines=POSTGRES_ONLY,
    why=_QUEUE + "With a timeout it gives up, and tries again.",
    safe="SET LOCAL lock_timeout at the head of the file. Files that `mpk migrate new` writes try "
    "the lock again and again, briefly each time.",
    bad_example=pair(f"SET LOCAL statement_timeout = '5s';\n{_ADD}", _REMOVE, timeouts=False)
    | {"000002_change.down.sql": TIMEOUTS + _REMOVE + "\n"},
    safe_example=_SAFE,
    check=check,
)
STATEMENT = Rule(
    id="LOCK-2",
    title="A file sets statement_timeout before it locks, validates or changes rows",
    engines=POSTGRES_ONLY,
    why="A statement that takes longer than thought keeps its lock, and its users waiting, until "
    f"someone notices. Under a lock {LOCKED_STATEMENT_MS // 1000} s are the most, beside "
    f"running writers {STATEMENT_MS // 60_000} minutes.",
    safe="SET LOCAL statement_timeout at the head of the file, fit for its slowest statement.",
    bad_example=pair(f"SET LOCAL lock_timeout = '500ms';\n{_ADD}", _REMOVE, timeouts=False)
    | {"000002_change.down.sql": TIMEOUTS + _REMOVE + "\n"},
    safe_example=_SAFE,
)
LEAK = Rule(
    id="LOCK-3",
    title="Timeouts are SET LOCAL",
    engines=POSTGRES_ONLY,
    why="golang-migrate runs all files on one connection. What SET sets stays for those that come "
    "after: a CREATE INDEX CONCURRENTLY of an hour then fails on the five seconds of another file.",
    safe="SET LOCAL: it ends with the file, which is one transaction.",
    bad_example=pair(
        f"SET lock_timeout = '500ms';\nSET LOCAL statement_timeout = '5s';\n{_ADD}",
        _REMOVE,
        timeouts=False,
    )
    | {"000002_change.down.sql": TIMEOUTS + _REMOVE + "\n"},
    safe_example=_SAFE,
)
ONE = Rule(
    id="LOCK-4",
    title="A file locks one table that is in use",
    engines=POSTGRES_ONLY,
    why="Locks are kept to the end of the file. While it waits for the second, the first is held "
    "with nothing done, and a service that takes the two in the other order deadlocks with it.",
    safe="A file for each table. (A table that the file drops has no users any more.)",
    bad_example=pair(
        f"{_ADD}\nALTER TABLE owners ADD COLUMN email text;",
        f"{_REMOVE}\nALTER TABLE owners DROP COLUMN email;",
    )
    | {"000002_change.down.sql": TIMEOUTS + _REMOVE + "\n"},
    safe_example=_SAFE
    | pair(
        "ALTER TABLE owners ADD COLUMN email text;",
        "ALTER TABLE owners DROP COLUMN email;",
        number=3,
    ),
)
SLOW = Rule(
    id="LOCK-5",
    title="No work on rows in a file that holds a lock",
    engines=POSTGRES_ONLY,
    why="ALTER TABLE takes a moment, but its lock stays to the end of the file: an UPDATE or a "
    "VALIDATE after it keeps every reader waiting for as long as it works.",
    safe="The change of shape in one file, the change of rows in the next, in batches (R-MIG-5).",
    bad_example=pair(
        f"{_ADD}\nUPDATE devices SET checked = true WHERE id IN (1, 2, 3);",
        _REMOVE,
        kind="migrate",
    ),
    safe_example=_SAFE
    | pair(
        "UPDATE devices SET checked = true WHERE id IN (1, 2, 3);",
        kind="migrate",
        number=3,
    ),
)
