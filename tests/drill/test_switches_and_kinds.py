"""What the drills of colours and of every kind of version call kept (issue 6, lines 2 to 4)."""

import pytest

from drill import blue_green, matrix
from drill.blue_green import Switched
from drill.course import Share
from drill.matrix import Case
from drill.warm import Watched
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


def test_an_idle_colour_that_went_cold_during_the_watch_is_told():
    seen = {
        "idle": "v1",
        "seconds": 620.0,
        "outcome": "kept",
        "reason": "",
        "looks": 300,
        "least_warm": 3,
    }
    for least, kept in ((3, True), (0, False)):
        watch = Watched(**{**seen, "least_warm": least})
        assert blue_green.judged([switched()], 200, 0, None, watch).kept is kept


TOLD = "자동 롤백 실행 - gateway, error-rate Failed, v1"
RIGHT = Share(told=5, answers=1000, seen=5.5)


def good(compared=6, **more):
    found = run(**{"outcome": "promoted", "failed": 0, "shares": [RIGHT], **more})
    return Case(kind="good", run=found, compared=compared)


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
        good(compared=5),
        bad(outcome="promoted"),
        bad(reason=""),
        bad(bad_to_stable=31.0),
        bad(messages=("자동 롤백 실행 - gateway, error-rate Failed, 5f7d",)),
        bad(messages=()),
    ],
)
def test_each_promise_of_a_kind_that_was_broken_is_told(case):
    assert list(matrix.judged([case], 400).promises.values()).count(False) == 1


def test_what_the_steps_gate_alone_refuses_is_no_abort_of_thirty_seconds():
    slow = Case(kind="p95-250ms", run=run(bad_to_stable=66.0), messages=(TOLD,))
    found = matrix.judged([slow, bad()], 400)
    assert found.kept, found.promises
    assert found.figures["bad to stable, seconds"]["count"] == 1
    assert found.figures["by kind"]["p95-250ms"]["bad to stable"]["max"] == 66.0


def test_a_drill_that_broke_off_tells_what_it_saw_and_is_not_kept():
    found = matrix.judged([good()], 400, broke="the machine was too busy")
    assert not found.kept
    assert found.promises["all was tried: the machine was too busy"] is False
    assert found.figures["good"] == 1


def test_the_shares_of_all_runs_are_told_together_with_how_far_they_were_off():
    found = matrix.judged([good(), good(shares=[Share(told=5, answers=3000, seen=4.5)])], 400)
    assert found.figures["shares"]["5"] == {
        "spans": 2, "answers": 4000, "seen": 4.75, "standard deviations off": 0.73,
        "most off in one run": 1.26,
    }  # fmt: skip


def test_comparisons_are_counted_at_the_steps_ends_alone():
    def analysis(kind, *phases):
        results = [{"name": "slower-than-baseline", "phase": each} for each in phases]
        results.append({"name": "crashes", "phase": "Successful"})
        return {
            "metadata": {"labels": {"rollout-type": kind}},
            "status": {"metricResults": results},
        }

    steps = [analysis("Step", "Successful"), analysis("Step", "Inconclusive")]
    assert matrix.passed([*steps, analysis("Background", "Successful")]) == 1


def test_every_kind_of_the_specification_is_tried():
    wanted = {"5xx-0.5", "5xx-1.5", "5xx-5", "5xx-100", "p99-1200ms", "p95-250ms", "crash-loop",
              "never-ready", "bad-image", "late-errors"}  # fmt: skip
    metrics = {f"metrics-{how}" for how in ("down", "empty", "nan", "stale")}
    assert wanted | metrics <= set(matrix.KINDS)
