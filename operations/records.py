"""What a release did, kept in the cluster beside what it changed (decision 0048).

A ConfigMap for each, written when it begins and at each stage: one that was killed in the middle
has left word of how far it came, for whoever asks next, on any machine. As JSON for programs and as
a short text for people.
"""

import dataclasses
import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from operations.cluster import Cluster, Object
from settings import names

KEPT = 30
"""Records of a stack; older ones go."""
STACK_LABEL = f"{names.ANNOTATION_PREFIX}release-of"
Outcome = Literal[
    "running", "waiting", "succeeded", "rolled back", "aborted", "failed", "refused", "interrupted"
]
"""`waiting`: for a person, who promotes, switches or aborts."""
Action = Literal["release", "rollback"]


@dataclass(slots=True)
class Stage:
    """One part of the course."""

    name: str
    started: str
    seconds: float | None = None
    outcome: str = "running"
    detail: str = ""


@dataclass(slots=True)
class ServiceChange:
    """What became of one service."""

    strategy: str
    before: str
    after: str
    schema: int | None = None
    """The schema version that the code of `after` was released with."""
    outcome: str = "pending"
    seconds: float | None = None
    reason: str = ""
    samples: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Record:
    """One release, or one way back."""

    id: str
    stack: str
    action: Action
    version: str
    by: str
    approved_by: str
    started: str
    finished: str | None = None
    outcome: Outcome = "running"
    reason: str = ""
    services: dict[str, ServiceChange] = field(default_factory=dict[str, ServiceChange])
    stages: list[Stage] = field(default_factory=list[Stage])
    checks: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    notes: list[str] = field(default_factory=list[str])

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return dataclasses.asdict(self)

    def begin(self, stage: str) -> Stage:
        """The next part begins."""
        self.stages.append(Stage(name=stage, started=now()))
        return self.stages[-1]


def now() -> str:
    """The time as records write it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    """A name that sorts by time; to the millisecond, so that two never share one."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]


def write(cluster: Cluster, record: Record) -> None:
    """Keep the record as it is now."""
    content = {"record.json": _json(record), "record.md": as_markdown(record)}
    metadata = {
        "name": names.release_record(record.stack, record.id),
        "namespace": names.APPLICATION_NAMESPACE,
        "labels": {STACK_LABEL: record.stack},
    }
    cluster.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": content},
        force=True,
    )


def prune(cluster: Cluster, stack: str) -> None:
    """Delete all but the newest records of a stack."""
    for found in _found(cluster, stack)[KEPT:]:
        metadata = found["metadata"]
        cluster.delete("v1", "ConfigMap", metadata["name"], metadata["namespace"])


def read(cluster: Cluster, stack: str) -> list[Record]:
    """The records of a stack, newest first."""
    return [parsed(json.loads(found["data"]["record.json"])) for found in _found(cluster, stack)]


def parsed(data: Mapping[str, Any]) -> Record:
    """A record from plain data."""
    whole = dict(data)
    whole["services"] = {k: ServiceChange(**v) for k, v in data["services"].items()}
    whole["stages"] = [Stage(**stage) for stage in data["stages"]]
    return Record(**whole)


def as_markdown(record: Record) -> str:
    """The record as a short text."""
    lines = [
        f"# {record.action.capitalize()} {record.version} on {record.stack}: {record.outcome}",
        "",
        f"- begun {record.started}, ended {record.finished or 'not yet'}, by {record.by}",
        f"- approved by {record.approved_by or 'nobody: none is needed here'}",
        *([f"- reason: {record.reason}"] if record.reason else []),
        "",
        "| service | strategy | before | after | outcome | seconds | reason |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {s.strategy} | {s.before} | {s.after} | {s.outcome} | "
            f"{'' if s.seconds is None else round(s.seconds, 1)} | {_cell(s.reason)} |"
            for name, s in sorted(record.services.items())
        ),
        "",
        *(f"- check {c['name']}: {c['verdict']} {c['detail']}".rstrip() for c in record.checks),
        *(
            f"- stage {stage.name}: {stage.outcome}"
            + (f" after {stage.seconds:.1f} s" if stage.seconds is not None else "")
            + (f", {stage.detail}" if stage.detail else "")
            for stage in record.stages
        ),
        *(f"- note: {note}" for note in record.notes),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _json(record: Record) -> str:
    return json.dumps(record.as_dict(), indent=1, sort_keys=True, ensure_ascii=False)


def _found(cluster: Cluster, stack: str) -> list[Object]:
    selector = f"{STACK_LABEL}={stack}"
    found = cluster.list("v1", "ConfigMap", names.APPLICATION_NAMESPACE, selector=selector)
    return sorted(found, key=lambda each: str(each["metadata"]["name"]), reverse=True)
