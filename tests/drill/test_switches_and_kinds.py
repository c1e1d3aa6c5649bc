"""What the drills of colours and of every kind of version call kept (issue 6, lines 2 to 4)."""

import pytest

from drill import blue_green, matrix
from drill.blue_green import Switched
from drill.course import Share
from drill.matrix import Case
from tests.drill.test_canary_judgement import run


def switched(**more):
    values = {"old": "v1", "new": "v2", "way": "forth", "seconds": 0.3, "answers": 400,
              "failed": 0, "warm": 3}  # fmt: skip
    return Switched(**{**values, **more})


def test_switches_without_a_failed_request_keep_every_promise():
    assert blue_green.judged([switched(), switched(way="back")], 200, 0).kept


@pytest.mark.parametrize(
    ("seen", "failed", "broken"),
    [({}, 1, 1), ({"seconds": 1.5}, 0, 1), ({"seconds": 11.0}, 0, 2), ({"warm": 0}, 0, 1)],
)
def test_each_promise_of_a_switch_that_was_broken_is_told(seen, failed, broken):
    found = blue_green.judged([switched(**seen)], 200, failed)
    assert list(found.promises.values()).count(False) == broken


TOLD = "자동 롤백 실행 - gateway, error-rate Failed, v1"
RIGHT = Share(told=5, answers=1000, seen=5.5)


def good(**more):
    found = run(**{"outcome": "promoted", "failed": 0, "shares": [RIGHT], **more})
    return Case(kind="good", run=found)


def bad(messages=(TOLD,), **more):
    return Case(kind="5xx-100", run=run(**more), messages=messages)


def test_good_promoted_and_bad_undone_with_its_message_keep_every_promise():
    found = matrix.judged([good(), bad()], 400)
    assert found.kept, found.promises


@pytest.mark.parametrize(
    "case",
    [
        good(shares=[Share(told=5, answers=1000, seen=25.0)]),
        good(failed=1),
        bad(outcome="promoted"),
        bad(reason=""),
        bad(bad_to_stable=31.0),
        bad(messages=("자동 롤백 실행 - gateway, error-rate Failed, 5f7d",)),
        bad(messages=()),
    ],
)
def test_each_promise_of_a_kind_that_was_broken_is_told(case):
    assert list(matrix.judged([case], 400).promises.values()).count(False) == 1


def test_every_kind_of_the_specification_is_tried():
    wanted = {"5xx-0.5", "5xx-1.5", "5xx-5", "5xx-100", "p99-1200ms", "p95-250ms", "crash-loop",
              "never-ready", "bad-image", "late-errors"}  # fmt: skip
    metrics = {f"metrics-{how}" for how in ("down", "empty", "nan", "stale")}
    assert wanted | metrics <= set(matrix.KINDS)
