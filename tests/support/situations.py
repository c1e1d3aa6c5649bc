"""The releases of one made-up service, which the release gate's tests move about in.

v0 schema 1   the table
v1 schema 2   drop-column devices.note 1/3: code stops using it
v2 schema 3   … 2/3: nullable
v3 schema 4   … 3/3: dropped, for good
v4 schema 5   rename-table meters 1/2: new table and trigger
v5 schema 6   … 2/2: the old table goes, its down file brings it back
v6 schema 7   rows change
v7 schema 8   a contract of which nothing says which code does without it
v8 schema 9   rows are deleted, without steps
v9 schema 10  expand
"""

import dataclasses
from typing import get_args

from schema.directives import Step
from schema.kinds import Kind
from schema.situation import Change, Live, Release, Role, Situation


def step(change: str, target: str, number: int, of: int) -> Step:
    return Step(change=change, target=target, number=number, of=of, line=2)


def change(number, name, kind=Kind.EXPAND, *, step=None, takes=(), declared=True, has_down=True):
    return Change(
        number=number, name=name, kind=kind, declared=kind if declared else None,
        step=step, takes=takes, has_down=has_down,
    )  # fmt: skip


_DROP = ("drop-column", "devices.note")
_RENAME = ("rename-table", "meters")
CHANGES = (
    change(1, "devices"),
    change(2, "note-unused", step=step(*_DROP, 1, 3)),
    change(3, "note-nullable", step=step(*_DROP, 2, 3)),
    change(4, "note-dropped", Kind.IRREVERSIBLE, step=step(*_DROP, 3, 3), takes=("devices.note",)),
    change(5, "meters-renamed", step=step(*_RENAME, 1, 2)),
    change(6, "old-meters", Kind.CONTRACT, step=step(*_RENAME, 2, 2), takes=("meters",)),
    change(7, "units", Kind.MIGRATE),
    change(8, "no-blanks", Kind.CONTRACT, takes=("devices.name",)),
    change(9, "old-rows", Kind.IRREVERSIBLE),
    change(10, "colour"),
)
SCHEMA_OF = {f"v{n}": n + 1 for n in range(10)}


def live(version, role="current", *, region="kr", pods=3, held=False):
    return Live(
        version=version, schema=SCHEMA_OF[version], region=region, role=role, pods=pods, held=held
    )


def releases(*versions):
    return tuple(Release(version=v, schema=SCHEMA_OF[v]) for v in versions)


def situation(running, *, strategy="rolling", applied=None, records=None, **more):
    """One in which `running` is deployed and everything is as usual."""
    lives = tuple(running)
    newest = max((each.schema for each in lives), default=0)
    return Situation(
        service="device-service",
        region="kr",
        strategy=strategy,
        applied=newest if applied is None else applied,
        live=lives,
        records=releases(*(v for v, n in SCHEMA_OF.items() if n <= newest))
        if records is None
        else records,
        **({"changes": CHANGES} | more),
    )


def told(row):
    """A row of tests/schema/gate.yaml as a situation."""
    spoilt = {
        **{n: {"declared": None} for n in row.get("undeclared", ())},
        **{n: {"has_down": False} for n in row.get("no_down", ())},
        **{n: {"brings": ("column devices.x",)} for n in row.get("brings", ())},
    }
    return situation(
        [_live(text) for text in row["live"]],
        strategy=row.get("strategy", "rolling"),
        applied=row.get("applied"),
        records=_records(row["records"]) if "records" in row else None,
        unseen=tuple(row.get("unseen", ())),
        shared_database=not row.get("own_database", False),
        dirty=row.get("dirty", False),
        migrating=row.get("migrating", False),
        changes=tuple(
            dataclasses.replace(each, **spoilt.get(each.number, {}))
            for each in CHANGES
            if each.number not in row.get("without", ())
        ),
    )


def _live(text):
    version, *words = text.split()
    region = next((w[1:] for w in words if w.startswith("@")), "kr")
    role = next((w for w in words if w in get_args(Role)), "current")
    empty = {"empty", "held"} & set(words)
    return live(version, role, region=region, pods=0 if empty else 3, held="held" in words)


def _records(texts):
    return tuple(
        dataclasses.replace(release, completed=not text.endswith("?"))
        for text in texts
        for release in releases(text.rstrip("?"))
    )
