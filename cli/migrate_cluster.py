"""The same commands where a stack and no database is named: by Jobs, by what a cluster tells."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from cli.console import messages, print_json, results
from cli.migrate_target import named
from cli.target import cluster_of
from operations import schema_gate, schema_notes
from operations.cluster import Cluster
from operations.migrations import jobs
from operations.migrations.jobs import Purpose
from operations.migrations.permission import refuse, to_undo
from operations.schema_notes import Notes
from operations.schema_situation import Seen, look, perhaps, situation, surely
from schema.situation import Situation
from settings.loader import Settings, load

UNFIT = 1
WAIT_SECONDS = 900.0


class ThroughCluster:
    """One service of a stack, by its cluster."""

    def __init__(
        self, service: str, stack: str, kubeconfig: Path | None, files: Path | None
    ) -> None:
        """Look at it."""
        self._service = named(service, stack).name
        self._settings: Settings = load(stack)
        self._cluster: Cluster = cluster_of(self._settings, kubeconfig)
        self._seen: Seen = look(self._cluster, self._settings, service)
        noted = schema_notes.read(self._cluster, stack, service) or Notes()
        of_files = schema_gate.read_changes(self._settings, service, files)
        self._notes = schema_notes.merged(noted, of_files or ())

    def status(self, *, as_json: bool) -> None:
        """How far the schema is, and who needs what."""
        now = self._now(perhaps(self._service, self._seen, self._notes))
        least = surely(self._service, self._seen, self._notes)
        told = {"service": self._service, "at_least": least, "at_most": now.applied,
                "migrating": now.migrating,
                "live": [{"version": e.version, "schema": e.schema, "role": e.role, "pods": e.pods}
                         for e in now.readers]}  # fmt: skip
        if as_json:
            print_json(told)
            return
        schema = f"{least}" if least == now.applied else f"between {least} and {now.applied}"
        results.print(f"{self._service}: schema {schema}, by Jobs and records", markup=False)
        for each in now.readers:
            results.print(f"  {each.where} was built for schema {each.schema}", markup=False)

    def plan(self, *, as_json: bool) -> None:
        """What the stack's own version would run, and what the gate says."""
        version, wanted = self._wanted()
        decision = schema_gate.release(
            self._cluster, self._settings, self._service, version, self._notes.changes
        )
        least = surely(self._service, self._seen, self._notes)
        pending = [e for e in self._notes.changes if least < e.number <= wanted]
        if as_json:
            gate = {"action": decision.action, "reasons": list(decision.reasons)}
            told = [{"number": e.number, "name": e.name, "class": e.kind.word} for e in pending]
            print_json({"service": self._service, "at_least": least, "pending": told, "gate": gate})
        else:
            _tell_plan(f"{self._service}: {version} carries schema {wanted}, the database has at "
                       f"least {least}", [e.what for e in pending], decision.action,
                       decision.reasons)  # fmt: skip
        if decision.action != "go":
            raise typer.Exit(UNFIT)

    def run(
        self, purpose: Purpose, *, as_json: bool, nobody: bool = False, accept: int | None = None
    ) -> None:
        """By a Job, where the gate lets it; what it did is noted."""
        source = jobs.newest(list(self._seen.jobs), self._service)
        after = None if nobody and purpose == "up" else self._allowed(purpose, nobody=nobody)
        job = jobs.derived(source, purpose, accept)
        jobs.run(self._cluster, job, self._say, WAIT_SECONDS)
        if after is not None:
            changes = self._notes.changes
            stack = self._settings.stack_name
            schema_notes.keep(self._cluster, stack, self._service, changes, after)
        if as_json:
            told: dict[str, Any] = {"service": self._service, "job": job["metadata"]["name"]}
            print_json(told | {"schema": after})

    def _allowed(self, purpose: Purpose, *, nobody: bool) -> int | None:
        """Where the schema will be; None where the Job does not say."""
        if purpose == "down":
            now = self._now(perhaps(self._service, self._seen, self._notes), nobody=nobody)
            refuse(self._service, to_undo(now))
            return max((e.number for e in now.changes if e.number < now.applied), default=0)
        if purpose == "up":
            version, wanted = self._wanted()
            decision = schema_gate.release(
                self._cluster, self._settings, self._service, version, self._notes.changes
            )
            refuse(self._service, decision)
            return wanted
        return None

    def _wanted(self) -> tuple[str, int]:
        service = self._settings.services[self._service]
        return self._settings.image_tag(self._service), len(service.schema_files)

    def _now(self, applied: int, *, nobody: bool = False) -> Situation:
        found = situation(self._settings, self._service, self._seen, self._notes, applied)
        return schema_gate.without_readers(found) if nobody else found

    @staticmethod
    def _say(line: str) -> None:
        messages.print(line, markup=False)


def _tell_plan(head: str, pending: Sequence[str], action: str, reasons: Sequence[str]) -> None:
    results.print(head, *(f"  {each}" for each in pending), f"gate: {action}",
                  *(f"  {each}" for each in reasons), sep="\n", markup=False)  # fmt: skip
