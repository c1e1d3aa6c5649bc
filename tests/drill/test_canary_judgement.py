"""What a drill of a bad version says was kept (R-P3-ABORT, issue 6)."""

import pytest

from drill import canary
from drill.behaviour import Behaviour
from drill.canary import Run
from drill.prober import Answer


def run(**more):
    values = {
        "version": "v2", "before": "v1", "outcome": "aborted", "reason": "error-rate",
        "seconds": 20.0, "answers": 100, "failed": 5, "failed_of_others": 0, "bad_to_stable": 12.0,
    }  # fmt: skip
    return Run(**{**values, **more})


def test_an_abort_in_time_with_its_message_keeps_every_promise():
    found = canary.judged([run()], 100, ["자동 롤백 실행"])
    assert found.kept, found.promises
    assert found.figures["reasons"] == ["error-rate"]


@pytest.mark.parametrize(
    ("seen", "sent"),
    [
        ({"outcome": "promoted"}, ["message"]),
        ({"failed_of_others": 1}, ["message"]),
        ({"bad_to_stable": 30.0}, ["message"]),
        ({}, []),
    ],
)
def test_each_promise_that_was_broken_is_told(seen, sent):
    assert list(canary.judged([run(**seen)], 100, sent).promises.values()).count(False) == 1


@pytest.mark.parametrize(("behaviour", "pod", "own"), [
    (Behaviour(crash_after=8.0), "gateway|canary", True),
    (Behaviour(crash_after=8.0), "gateway|stable", False),
    (Behaviour(error_share=0.05), "gateway|canary", False),
    (None, "gateway|canary", False),
])  # fmt: skip
def test_what_a_pod_leaves_unanswered_is_its_own_only_where_it_is_to_die(behaviour, pod, own):
    """Else it is a split that has no pods behind it, or no cluster (C-5)."""
    answer = Answer(at=1.0, seconds=0.1, status=503, version="", pod=pod)
    assert canary._its_own(answer, "v2", behaviour) is own
