"""The release gate: what a schema allows while several versions run (R-MIG-6, pitfall M-4).

Three pure functions, for whoever releases, rolls back, and undoes a migration:

    release_decision(situation, version, schema) -> ReleaseDecision   go | wait | refuse
    rollback_decision(situation, version)        -> RollbackDecision  code back | down 1 | freeze |
                                                                      forward
    down_decision(situation)               -> ReleaseDecision    whether `down 1` may run

`situation` is `schema.situation.Situation`: one service and its database. `wait` passes by itself
or by what the reasons name; `refuse` needs another release. Every decision carries its reasons as
sentences, and a rollback the one command to run before the code moves.

The rule behind all of it: a version *needs* what a change takes unless it carries the first step of
that change (`-- mpk:step …`), which is the release whose code does without. A change without steps
is needed by every version that does not carry the change itself. Hence what the gate lets go can
be rolled back by code alone to each version that ran when it went.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from schema.kinds import Kind
from schema.situation import Change, Release, Situation

Way = Literal["code back", "down 1", "freeze", "forward"]
DOCTOR = "mpk migrate doctor"
DOWN_ONE = "mpk migrate down 1"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseDecision:
    """Whether a release may migrate now."""

    action: Literal["go", "wait", "refuse"]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackDecision:
    """How a service gets back to a version, as far as its schema is concerned."""

    way: Way
    reasons: tuple[str, ...] = ()
    command: str = ""
    """What is run before the code moves; empty where nothing is."""


def needs(situation: Situation, schema: int, change: Change) -> bool:
    """Whether code that was built for a schema misses what a change takes.

    A later step counts whatever its class: what was made nullable hands the first code nulls.
    """
    first = situation.first_step(change)
    since = min(change.number, first.number) if first else change.number
    return (change.takes_away or change.is_later_step) and schema < since


def release_decision(situation: Situation, version: str, schema: int) -> ReleaseDecision:
    """Whether `version`, which carries the migrations up to `schema`, may migrate now."""
    if refused := tuple(_refusals(situation, version, schema)):
        return ReleaseDecision(action="refuse", reasons=refused)
    if waits := tuple(_waits(situation, schema)):
        return ReleaseDecision(action="wait", reasons=waits)
    return ReleaseDecision(action="go")


def rollback_decision(situation: Situation, version: str) -> RollbackDecision:
    """How to get back to `version`: never an unbounded down, never a guess (M-2, M-4)."""
    record = situation.record(version)
    if record is None:
        why = f"No record says which schema {version} was built for; name a recorded version."
        return RollbackDecision(way="freeze", reasons=(why,))
    if unsettled := tuple(_unsettled(situation)):
        return RollbackDecision(way="freeze", reasons=unsettled, command=_doctor(situation))
    if record.schema > situation.applied:
        why = f"{version} needs schema {record.schema}, the database holds {situation.applied}"
        return RollbackDecision(
            way="forward", reasons=(f"{why}: release it, its Job comes first.",)
        )
    missed = [
        each
        for each in situation.between(record.schema, situation.applied)
        if needs(situation, record.schema, each)
    ]
    if not missed:
        why = f"{version} runs on schema {situation.applied} as it is; the schema stays."
        return RollbackDecision(way="code back", reasons=(why,))
    return _restored(situation, version, missed)


def down_decision(situation: Situation) -> ReleaseDecision:
    """Whether the newest migration may be undone now: one step, which nobody needs any more."""
    newest = next((e for e in situation.changes if e.number == situation.applied), None)
    if newest is None:
        why = f"Nobody read migration {situation.applied}, so what its way back does is not known."
        return ReleaseDecision(action="refuse", reasons=(why,))
    if newest.kind is Kind.IRREVERSIBLE or not newest.has_down:
        why = f"{newest.what}: {_why_forward(newest, alone=True)}"
        return ReleaseDecision(action="refuse", reasons=(why,))
    waits = tuple(_unsettled(situation)) + tuple(_users(situation, newest))
    return ReleaseDecision(action="wait" if waits else "go", reasons=waits)


def _users(situation: Situation, newest: Change) -> Iterator[str]:
    """Whose code was built for what the way back takes."""
    if not newest.brings:
        return
    taken = f"{newest.what}: its way back takes {', '.join(newest.brings)}"
    for reader in situation.readers:
        if reader.schema >= newest.number:
            yield f"{taken}, which {reader.where} was built for. Roll its code back first."
    for region in situation.blind:
        yield f"{taken}; {region} does not answer, so what runs there is not known."


def _refusals(situation: Situation, version: str, schema: int) -> Iterator[str]:
    pending = situation.between(situation.applied, schema)
    known = {each.number for each in situation.changes}
    if lost := [n for n in range(situation.applied + 1, schema + 1) if n not in known]:
        yield f"{version} carries migrations that nobody read: {lost}. Read the whole folder."
    if situation.applied == 0 and not situation.readers and not situation.blind:
        return
    for change in pending:
        if change.takes_away and (change.declared or Kind.EXPAND) < change.kind:
            yield (
                f"{change.what}: its header does not say so. Write `-- mpk:class "
                f"{change.kind.word}` if it is meant."
            )
        yield from _missing_steps(situation, change)
        if change.takes_away and change.step is None:
            yield from _bare(situation, change)


def _missing_steps(situation: Situation, change: Change) -> Iterator[str]:
    """Each step is a release of its own, and the one before it was completed (R-MIG-2, R-MIG-3)."""
    if change.step is None or not change.is_later_step:
        return
    steps = {e.step.number: e for e in situation.steps(change) if e.step}
    wanted, label = change.step.number - 1, f"{change.step.change} {change.step.target}"
    before = steps.get(wanted)
    if missing := [n for n in range(1, change.step.number) if n not in steps]:
        yield f"{change.what}: no file is step {missing[0]} of {label}. Release that first."
    elif before is None or before.number > change.number:
        yield f"{change.what}: step {wanted} of {label} comes after it. Number them in their order."
    elif before.number > situation.applied:
        yield (
            f"{change.what}: step {wanted} of {label} ({before.number:06}_{before.name}) would go "
            "in the same release. Release that step alone, with the code that it asks for, first."
        )
    elif not _completed_between(situation, before, change):
        yield (
            f"{change.what}: no recorded release with step {wanted} of {label} was completed in "
            "every region. Complete it first."
        )


def _completed_between(situation: Situation, before: Change, change: Change) -> bool:
    return any(_carries_only(each, before, change) for each in situation.records)


def _carries_only(release: Release, before: Change, change: Change) -> bool:
    return release.completed and before.number <= release.schema < change.number


def _bare(situation: Situation, change: Change) -> Iterator[str]:
    """A change without steps while something runs: nothing says which version does without."""
    if any(needs(situation, each.schema, change) for each in situation.readers):
        yield (
            f"{change.what}: nothing says from which release on the code does without. Make it "
            "the last step of a change over several releases (`mpk migrate new`), or stop the "
            "service first."
        )


def _waits(situation: Situation, schema: int) -> Iterator[str]:
    yield from _unsettled(situation)
    for change in situation.between(situation.applied, schema):
        if not (change.takes_away or change.is_later_step):
            continue
        for reader in situation.readers:
            if needs(situation, reader.schema, change):
                yield f"{change.what}: {reader.where} still needs it. {_until(reader.role)}"
        for region in situation.blind:
            yield f"{change.what}: {region} does not answer, so what runs there is not known."


def _until(role: str) -> str:
    match role:
        case "canary" | "stable":
            return "Wait until the canary is through, or abort it."
        case "active" | "preview":
            return "Wait until the old colour is scaled down after the switch."
        case _:
            return "Wait until its ReplicaSet is scaled down."


def _unsettled(situation: Situation) -> Iterator[str]:
    if situation.dirty:
        yield f"The schema of {situation.service} is dirty: a migration broke off in the middle."
    if situation.migrating:
        yield f"A migration of {situation.service} runs at this moment."


def _doctor(situation: Situation) -> str:
    return f"{DOCTOR} {situation.service}" if situation.dirty else ""


def _restored(situation: Situation, version: str, missed: list[Change]) -> RollbackDecision:
    """One step down where it alone brings back what the version misses; else forward."""
    reasons = tuple(f"{version} needs what {each.what} took." for each in missed)
    only = missed[0]
    alone = len(missed) == 1 and only.number == situation.applied
    if not alone or only.kind is not Kind.CONTRACT or not only.has_down or only.brings:
        return RollbackDecision(way="forward", reasons=(*reasons, _why_forward(only, alone=alone)))
    if situation.blind:
        told = f"{', '.join(situation.blind)} does not answer, so nothing is changed under it."
        return RollbackDecision(way="freeze", reasons=(*reasons, told))
    why = f"Its way back restores that; then {version} runs."
    command = f"{DOWN_ONE} {situation.service}"
    return RollbackDecision(way="down 1", reasons=(*reasons, why), command=command)


def _why_forward(change: Change, *, alone: bool) -> str:
    if not alone:
        what = "More than the newest migration would have to be undone, and only one step may be."
    elif change.kind is Kind.IRREVERSIBLE:
        what = "No way back restores what it lost."
    elif change.kind is not Kind.CONTRACT:
        what = "Rows that were written since may not fit the shape before it."
    elif not change.has_down:
        what = "Its down file does not bring it back."
    else:
        what = f"Its way back would take {', '.join(change.brings)} from the version that runs."
    return f"{what} Repair it by a new release."
