"""What releases and rollbacks ask about the schema: the gate, with what a cluster knows (M-4).

    before_release(cluster, settings, version, services, files)   raises with every reason, or notes
    judge(cluster, settings)                                      for `operations.ways_back.find`

`files` is the folder with one folder of migrations a service. Where nobody has read the files, the
gate knows no class, and only a schema that does not move is let through.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path

from operations import schema_notes
from operations.cluster import Cluster
from operations.refusal import RefusedError
from operations.schema_moves import Judge, Move, known_only
from operations.schema_notes import Notes
from operations.schema_situation import broke_off, look, perhaps, situation, surely
from schema.files import read
from schema.findings import Engine
from schema.gate import ReleaseDecision, RollbackDecision, release_decision, rollback_decision
from schema.situation import Change, Release, Situation, changes
from settings.keeping import CockroachDb
from settings.loader import Settings


def before_release(
    cluster: Cluster,
    settings: Settings,
    version: str,
    services: Iterable[str],
    files: Path | None = None,
) -> None:
    """Ask the gate for every service whose schema would move; then note the files for later.

    `settings` are those of the new version. Raises one `RefusedError` with all that stands against
    it; nothing was changed then.
    """
    found = {
        name: read_changes(settings, name, files)
        for name in services
        if settings.services[name].schema_files
    }
    decisions = {
        name: release(cluster, settings, name, version, files_changes)
        for name, files_changes in found.items()
    }
    against = [
        f"{name} {decision.action}s: {reason}" if decision.action == "wait" else f"{name}: {reason}"
        for name, decision in decisions.items()
        for reason in decision.reasons
    ]
    if against:
        told = "\n  ".join(against)
        raise RefusedError(f"nothing was changed; the schema stands against {version}:\n  {told}")
    for name, files_changes in found.items():
        if files_changes is not None:
            schema_notes.keep(cluster, settings.stack_name, name, files_changes)


def release(
    cluster: Cluster,
    settings: Settings,
    service: str,
    version: str,
    of_files: tuple[Change, ...] | None,
) -> ReleaseDecision:
    """Whether one service's migrations may run now; `of_files` are those of its folder, if read."""
    noted = schema_notes.read(cluster, settings.stack_name, service) or Notes()
    notes = schema_notes.merged(noted, of_files or ())
    seen = look(cluster, settings, service)
    now = situation(settings, service, seen, notes, surely(service, seen, notes))
    return release_decision(now, version, len(settings.services[service].schema_files))


def judge(cluster: Cluster, settings: Settings) -> Judge:
    """Why code may not go back, by what the schema's changes took; None where it may."""

    def told(move: Move) -> str | None:
        if known_only(move) is None:
            return None
        notes = schema_notes.read(cluster, settings.stack_name, move.service)
        if notes is None or move.target is None:
            return known_only(move)
        decision = rollback(cluster, settings, move, notes)
        if decision.way == "code back":
            return None
        command = f" First: {decision.command} --stack {settings.stack_name}" * bool(
            decision.command
        )
        return f"{decision.way}: {' '.join(decision.reasons)}{command}"

    return told


def rollback(cluster: Cluster, settings: Settings, move: Move, notes: Notes) -> RollbackDecision:
    """How one service gets back to the code of a schema."""
    seen = look(cluster, settings, move.service)
    now = situation(settings, move.service, seen, notes, perhaps(move.service, seen, notes))
    wanted = Release(version=move.version, schema=move.target or 0)
    now = dataclasses.replace(now, records=(*now.records, wanted))
    if broke_off(seen):
        now = dataclasses.replace(now, dirty=_matters(now, wanted.schema))
    return rollback_decision(now, move.version)


def _matters(now: Situation, target: int) -> bool:
    """Whether it makes a difference how far a failed Job came: only what takes something away."""
    return any(each.takes_away for each in now.between(target, now.applied))


def read_changes(settings: Settings, service: str, files: Path | None) -> tuple[Change, ...] | None:
    """The migrations in a service's folder; None where no folder was named."""
    if files is None:
        return None
    cockroach = isinstance(settings.stack.database, CockroachDb)
    engine = Engine.COCKROACHDB if cockroach else Engine.POSTGRES
    return changes(read(files / service, engine))


def without_readers(now: Situation) -> Situation:
    """The same where a person answers for it that no version runs."""
    return dataclasses.replace(now, live=(), unseen=())


def known(cluster: Cluster, settings: Settings) -> Mapping[str, Notes]:
    """The notes of every service that has some."""
    found = {
        name: schema_notes.read(cluster, settings.stack_name, name) for name in settings.services
    }
    return {name: notes for name, notes in found.items() if notes is not None}
