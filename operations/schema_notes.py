"""What is known of each service's migrations, kept in the cluster beside the records.

The files lie in an image and in the product's checkout; whoever rolls back at night has neither.
So whoever reads the files (a release, `mpk migrate up`) leaves word: what each migration is, and
after a step down how far the schema really is. One ConfigMap a service.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from operations import records
from operations.cluster import Cluster
from schema.directives import Step
from schema.kinds import Kind
from schema.situation import Change
from settings import names

_KEY = "migrations.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Notes:
    """Word of one service's migrations."""

    changes: tuple[Change, ...] = ()
    applied: int | None = None
    """Where `mpk migrate` last left the schema; None where only Jobs ever moved it."""
    at: str = ""
    """When that was."""


def read(cluster: Cluster, stack: str, service: str) -> Notes | None:
    """The notes of a service; None where nobody left any."""
    name = names.schema_notes(stack, service)
    found = cluster.get("v1", "ConfigMap", name, names.APPLICATION_NAMESPACE)
    return None if found is None else parsed(json.loads(found["data"][_KEY]))


def keep(
    cluster: Cluster,
    stack: str,
    service: str,
    changes: tuple[Change, ...],
    applied: int | None = None,
) -> None:
    """Write down the migrations; without `applied` what was noted of the schema stays.

    What only newer files hold stays too: a release of older code must not forget what ran.
    """
    before = read(cluster, stack, service) or Notes()
    at = before.at if applied is None else records.now()
    now = before.applied if applied is None else applied
    notes = Notes(changes=merged(before, changes).changes, applied=now, at=at)
    if notes == before:
        return
    metadata = {
        "name": names.schema_notes(stack, service),
        "namespace": names.APPLICATION_NAMESPACE,
    }
    text = json.dumps(as_data(notes), ensure_ascii=False, sort_keys=True)
    content = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {_KEY: text}}
    cluster.apply(content, force=True)


def merged(notes: Notes, changes: tuple[Change, ...]) -> Notes:
    """The notes with what files tell; the files count where both know a number."""
    by_number = {each.number: each for each in (*notes.changes, *changes)}
    ordered = tuple(by_number[number] for number in sorted(by_number))
    return Notes(changes=ordered, applied=notes.applied, at=notes.at)


def as_data(notes: Notes) -> dict[str, Any]:
    """Plain data."""
    changes = [change_as_data(each) for each in notes.changes]
    return {"applied": notes.applied, "at": notes.at, "changes": changes}


def change_as_data(change: Change) -> dict[str, Any]:
    """One migration as plain data."""
    step = change.step
    return {
        "number": change.number,
        "name": change.name,
        "class": change.kind.word,
        "declared": change.declared.word if change.declared is not None else None,
        "step": [step.change, step.target, step.number, step.of] if step else None,
        "takes": list(change.takes),
        "restores": change.has_down,
        "brings": list(change.brings),
    }


def parsed(data: Mapping[str, Any]) -> Notes:
    """Notes from plain data."""
    changes = tuple(_change(each) for each in data["changes"])
    return Notes(changes=changes, applied=data["applied"], at=data["at"])


def _change(data: Mapping[str, Any]) -> Change:
    step = data["step"]
    return Change(
        number=data["number"],
        name=data["name"],
        kind=Kind[data["class"].upper()],
        declared=Kind[data["declared"].upper()] if data["declared"] else None,
        step=Step(change=step[0], target=step[1], number=step[2], of=step[3], line=0)
        if step
        else None,
        takes=tuple(data["takes"]),
        has_down=data["restores"],
        brings=tuple(data["brings"]),
    )
