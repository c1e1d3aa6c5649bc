"""What holds in every situation (issue 8, acceptance 4): drawn by hypothesis.

Never a contract under a reader, never an unbounded down, a rollback reversible or refused.
"""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from schema import gate
from schema.kinds import Kind
from schema.situation import Live, Release, Situation
from tests.support.situations import change, step

LONGEST = 7
numbers = st.integers(0, LONGEST)


def mostly(usual, rare):
    return st.sampled_from([usual] * 7 + [rare])


@st.composite
def drawn_changes(draw):
    """Changes of every class; some are steps of two changes over several releases."""
    place, found = {"drop-column": 0, "rename-table": 0}, []
    for number in range(1, LONGEST + 1):
        name = draw(st.sampled_from([None, *place]))
        taken = None
        if name:
            place[name] += draw(mostly(1, 2))
            taken = step(name, "t", min(place[name], 9), 9)
        kind, has_down = draw(st.sampled_from(Kind)), draw(st.booleans())
        declared = draw(mostly(True, False))
        found.append(
            dataclasses.replace(
                change(number, "x", kind, step=taken, declared=declared, has_down=has_down),
                brings=draw(mostly((), ("column t.c",))),
            )
        )
    return tuple(found)


lives = st.builds(
    lambda schema, **more: Live(version=f"s{schema}", schema=schema, **more),
    schema=numbers,
    region=mostly("kr", "us"),
    role=st.sampled_from(["current", "old", "stable", "canary", "active", "preview"]),
    pods=mostly(1, 0),
    held=mostly(False, True),
)
COMPLETE = tuple(Release(version=f"s{n}", schema=n) for n in range(LONGEST + 1))
records = st.one_of(
    st.just(COMPLETE),
    st.permutations(COMPLETE).map(lambda shuffled: tuple(shuffled[:4])),
    st.sets(numbers).map(
        lambda aborted: tuple(
            dataclasses.replace(each, completed=each.schema not in aborted) for each in COMPLETE
        )
    ),
)
situations = st.builds(
    Situation,
    service=st.just("x-service"),
    region=st.just("kr"),
    strategy=st.sampled_from(["rolling", "canary", "blue-green"]),
    applied=numbers,
    changes=drawn_changes(),
    live=st.lists(lives, max_size=2).map(tuple),
    unseen=mostly((), ("us",)),
    records=records,
    shared_database=st.booleans(),
    dirty=mostly(False, True),
    migrating=mostly(False, True),
)
steps_ahead, steps_back = st.integers(0, 2), st.integers(0, 2)
often = settings(max_examples=150, deadline=None)


def reaches(now: Situation, live: Live) -> bool:
    """Told here once more, so that the gate is not asked about itself."""
    return (live.pods > 0 or live.held) and (now.shared_database or live.region == now.region)


@often
@given(situations, steps_ahead)
def test_no_contract_goes_while_a_version_without_its_first_step_may_serve(now, ahead):
    schema = min(now.applied + ahead, LONGEST)
    if gate.release_decision(now, f"s{schema}", schema).action != "go":
        return
    for each in now.changes[now.applied : schema]:
        firsts = [
            e.number
            for e in now.changes
            if each.step and e.step and e.step.number == 1 and e.step.change == each.step.change
        ]
        since = min([each.number, *firsts])
        if each.kind >= Kind.CONTRACT:
            assert all(live.schema >= since for live in now.live if reaches(now, live))


@often
@given(situations, steps_ahead)
def test_what_goes_can_be_rolled_back_by_code_alone_to_whatever_ran(now, ahead):
    schema = min(now.applied + ahead, LONGEST)
    if gate.release_decision(now, f"s{schema}", schema).action != "go":
        return
    for live in now.live:
        already = [e for e in now.changes[: now.applied] if gate.needs(now, live.schema, e)]
        if reaches(now, live) and live.schema <= now.applied and not already:
            after = dataclasses.replace(
                now,
                applied=schema,
                records=(*now.records, Release(version=live.version, schema=live.schema)),
            )
            assert gate.rollback_decision(after, live.version).way == "code back"


@often
@given(situations, steps_ahead)
def test_no_two_steps_of_one_change_go_in_one_release(now, ahead):
    schema = min(now.applied + ahead, LONGEST)
    fresh = now.applied == 0 and not any(reaches(now, live) for live in now.live)
    if fresh or gate.release_decision(now, f"s{schema}", schema).action != "go":
        return
    steps = [each.step.change for each in now.changes[now.applied : schema] if each.step]
    assert len(steps) == len(set(steps))


@often
@given(situations, steps_back)
def test_a_way_down_is_one_step_and_then_the_code_goes_back(now, back):
    schema = max(now.applied - back, 0)
    decision = gate.rollback_decision(now, f"s{schema}")
    if decision.way != "down 1":
        assert " down " not in decision.command
        return
    assert decision.command == "mpk migrate down 1 x-service"
    undone = now.changes[now.applied - 1]
    assert undone.kind is Kind.CONTRACT
    assert undone.has_down
    assert gate.down_decision(now).action == "go", "the command that it names runs"
    after = dataclasses.replace(now, applied=now.applied - 1)
    assert gate.rollback_decision(after, f"s{schema}").way == "code back"


@often
@given(situations, steps_back)
def test_code_never_goes_back_to_a_schema_that_it_cannot_use(now, back):
    schema = max(now.applied - back, 0)
    decision = gate.rollback_decision(now, f"s{schema}")
    if decision.way == "code back":
        assert not now.dirty
        assert not now.migrating
        assert schema <= now.applied
        lost = [e for e in now.changes[schema : now.applied] if e.takes_away and e.step is None]
        assert lost == []


@often
@given(situations)
def test_nothing_is_undone_under_a_version_that_uses_it_and_nothing_that_lost_rows(now):
    if gate.down_decision(now).action != "go":
        return
    undone = now.changes[now.applied - 1]
    assert undone.has_down
    assert undone.kind is not Kind.IRREVERSIBLE
    assert not now.dirty
    if undone.brings:
        assert all(live.schema < now.applied for live in now.live if reaches(now, live))
