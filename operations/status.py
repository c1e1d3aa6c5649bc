"""Where a stack stands: each service's version and course, who changes it, what the last one did.

Read from the cluster alone, so it tells the truth after any command was killed (acceptance 9 of the
releases): a record that still says `running` while nobody holds the lock was interrupted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations import lock, records, rollouts, workloads
from operations import split as splits
from operations.cluster import Cluster
from operations.records import Record
from operations.workloads import Workload
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One service."""

    service: str
    version: str
    """The version that answers; `v1 → v2` while a new one comes in."""
    declared: str
    """What the stack's file says."""
    strategy: str
    step: str
    weight: int | None
    pods: str
    analysis: str
    phase: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """All of it."""

    stack: str
    rows: Sequence[Row]
    missing: Sequence[str]
    """Services that the stack declares and the cluster does not have."""
    holder: str | None
    """Who changes versions now."""
    last: Record | None
    split: splits.Versions = field(default_factory=dict[str, Sequence[str]])
    """Services by version, where one was meant and nothing moves any more."""
    declared: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the stack's file says of every service."""
    gitops: bool = False

    @property
    def interrupted(self) -> bool:
        """Whether the last command ended without a word."""
        return self.last is not None and self.last.outcome == "running" and self.holder is None

    @property
    def healthy(self) -> bool:
        """Whether every service runs what was asked for, and all of them the same."""
        good = all(row.phase in ("ready", "paused") for row in self.rows)
        return good and not self.missing and not self.split

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "stack": self.stack,
            "services": [row.as_dict() for row in self.rows],
            "missing": list(self.missing),
            "holder": self.holder,
            "interrupted": self.interrupted,
            "split": {version: list(names) for version, names in self.split.items()},
            "healthy": self.healthy,
            "last": self.last.as_dict() if self.last else None,
            "advice": advice(self),
        }


def read(cluster: Cluster, settings: Settings) -> Status:
    """Ask the cluster."""
    found = workloads.read(cluster, settings.services)
    last = next(iter(records.read(cluster, settings.stack_name)), None)
    holder = lock.holder(cluster, settings.stack_name)
    declared = {name: settings.image_tag(name) for name in settings.services}
    rests = holder is None and all(each.state.phase == "ready" for each in found.values())
    running = {name: each.stable_version for name, each in found.items()} if rests else {}
    return Status(
        stack=settings.stack_name,
        rows=[_row(each, settings) for each in found.values()],
        missing=sorted(settings.services.keys() - found.keys()),
        holder=holder,
        last=last,
        split=splits.split(running, declared),
        declared=declared,
        gitops=settings.delivery.gitops,
    )


def advice(status: Status) -> list[str]:
    """What to do next, where something is to be done."""
    if status.holder:
        return [f"running now: {status.holder}"]
    divided = [f"split: {splits.told(status.split)}"] if status.split else []
    last = status.last
    if not status.interrupted or last is None:
        return divided and [*divided, *_together(status)]
    moved = _at(status.rows, {n: s.after for n, s in last.services.items()})
    lines = [
        f"{splits.interrupted(last)}: {moved} of {len(last.services)} services are at it",
        *divided,
    ]
    forward = splits.forward(last, status.stack, status.declared)
    lines += [f"go on: {command}" for command in forward]
    if last.action == "release" and moved:
        lines.append(f"or back: {splits.back(status.stack)}")
    return lines


def _together(status: Status) -> list[str]:
    """No command was interrupted, and yet they differ: what the file says is what was meant."""
    if status.gitops:
        return ["Argo CD applies what git says: `mpk status --watch` follows"]
    divided = {name for names in status.split.values() for name in names}
    wanted = dict.fromkeys(status.declared[name] for name in sorted(divided))
    return [
        f"together: mpk release {version} --stack {status.stack}"
        + "".join(
            f" --service {name}"
            for name in sorted(divided)
            if len(wanted) > 1 and status.declared[name] == version
        )
        for version in wanted
    ]


def _at(rows: Sequence[Row], wanted: Mapping[str, str]) -> int:
    return sum(row.service in wanted and row.version == wanted[row.service] for row in rows)


def _row(workload: Workload, settings: Settings) -> Row:
    state, live = workload.state, workload.live
    stable, asked = workload.stable_version, workload.version
    return Row(
        service=workload.service,
        version=asked if stable == asked else f"{stable} → {asked}",
        declared=settings.image_tag(workload.service),
        strategy=workload.strategy,
        step=rollouts.told_step(live) if live["kind"] == "Rollout" else "",
        weight=rollouts.weight(live) if live["kind"] == "Rollout" else None,
        pods=f"{workload.ready}/{workload.wanted}",
        analysis=_analysis(workload),
        phase=state.phase,
        message=state.message,
    )


def _analysis(workload: Workload) -> str:
    told = rollouts.samples(workload.runs)
    return ", ".join(f"{name} {each['phase']} ({each['last']})" for name, each in told.items())
