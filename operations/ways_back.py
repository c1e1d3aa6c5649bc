"""Which revision a service goes back to, or why it cannot (pitfall C-8; D-12).

Nothing is changed here. Every refusal is collected, so that one run shows all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from operations.history import Revision
from operations.records import Record
from operations.refusal import RefusedError
from operations.schema_moves import Judge, move
from operations.workloads import Workload


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One service and the revision that it goes back to."""

    workload: Workload
    target: Revision


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """What a rollback would do."""

    ways: Sequence[Way]
    already: Sequence[str]
    """Services that run the version already."""


class _NoWayError(Exception):
    """Why one service cannot go back."""


def find(
    workloads: Mapping[str, Workload],
    services: Iterable[str],
    records: Sequence[Record],
    *,
    to: str | None,
    every: bool,
    judge: Judge | None,
) -> Ways:
    """The way of each service; raises one `RefusedError` with everything that stands against it.

    `every`: the services were not named, so those that the last release left alone stay. `judge`
    says what the schema allows; None where a person answers for it.
    """
    ways: list[Way] = []
    already: list[str] = []
    against: list[str] = []
    for service in services:
        try:
            way = _way(workloads, service, records, to=to, every=every)
            if way is None:
                already.append(service)
            elif judge and not _serves(way) and (why := _judged(judge, way)):
                against.append(
                    f"{service} to {way.target.version}: {why}; release a version that goes "
                    "forward, or answer for it with --schema-compatible"
                )
            else:
                ways.append(way)
        except _NoWayError as error:
            against.append(str(error))
    if not ways and not against:
        told = f" {to}" if to else " what was there before"
        against.append(f"nothing to go back to: every service runs{told} already")
    if against:
        raise RefusedError("nothing was changed:\n  " + "\n  ".join(against))
    return Ways(ways=ways, already=already)


def _judged(judge: Judge, way: Way) -> str | None:
    return judge(move(way.workload.service, way.workload.present, way.target))


def _serves(way: Way) -> bool:
    """Whether it is the version that answers already, beside the one that is tried."""
    stable = way.workload.live.get("status", {}).get("stableRS")
    return half_way(way.workload) and way.target.pod_hash == stable


def _way(
    workloads: Mapping[str, Workload],
    service: str,
    records: Sequence[Record],
    *,
    to: str | None,
    every: bool,
) -> Way | None:
    """The way of one service; None where it is there already and that is no mistake."""
    workload = workloads.get(service)
    if workload is None or workload.present is None:
        raise _NoWayError(f"{service} is not deployed here")
    if to is None:
        target = _before(workload, records, every=every)
    elif to == workload.version and not half_way(workload):
        if not every:
            raise _NoWayError(f"{service} runs {to} already")
        target = None
    else:
        target = _kept(workload, to)
    return None if target is None else Way(workload=workload, target=target)


def half_way(workload: Workload) -> bool:
    """Whether a new version is still being tried beside the stable one."""
    stable = workload.live.get("status", {}).get("stableRS")
    return bool(stable) and workload.present is not None and workload.present.pod_hash != stable


def _before(workload: Workload, records: Sequence[Record], *, every: bool) -> Revision | None:
    """What it ran before: by the record of the last change, else by its own history.

    A way back is not taken back: without a version that would bring the bad one in again. Where
    every service is meant, one that the last change left alone stays.
    """
    service = workload.service
    if half_way(workload):
        stable = workload.live["status"]["stableRS"]
        return next(r for r in workload.revisions if r.pod_hash == stable)
    last = next((r for r in records if every or service in r.services), None)
    change = last.services.get(service) if last else None
    if last and change is None:
        return None
    if last and change and change.after == workload.version:
        if last.action == "rollback":
            raise _NoWayError(
                f"{service} was rolled back from {change.before} at {last.started} already; "
                "name another version with --to"
            )
        return _kept(workload, change.before)
    if last and change and every:
        return None
    if len(workload.revisions) < 2:  # noqa: PLR2004 - the present one and one before
        raise _NoWayError(f"{service} has run nothing but {workload.version} here")
    return workload.revisions[1]


def _kept(workload: Workload, version: str) -> Revision:
    """The newest earlier revision of a version; of one that is being tried, its stable one."""
    earlier = workload.revisions if half_way(workload) else workload.revisions[1:]
    found = next((r for r in earlier if r.version == version), None)
    if found is None:
        kept = ", ".join(dict.fromkeys(r.version for r in workload.revisions)) or "none"
        raise _NoWayError(
            f"{workload.service} keeps no revision of {version}; kept are {kept}. "
            f"Set services.{workload.service}.image_tag in the stack's file, then: mpk up"
        )
    return found
