"""What a person may decide over a release, and what the controller is told (issue 6, line 8)."""

from contextlib import nullcontext
from unittest.mock import Mock

import pytest

from operations import promotion
from operations.promotion import Decision
from operations.refusal import RefusedError
from operations.workloads import Workload
from settings import load
from tests.support.rollouts import SERVICE, deployment, history_of, rollout

BLUE_GREEN = {"blueGreen": {"activeService": SERVICE}}
TRIED = {"stableRS": "a", "currentPodHash": "b"}
INCONCLUSIVE = {"currentStepIndex": 2, "pauseConditions": [{"reason": "InconclusiveAnalysisRun"}]}
COLOUR = {"pauseConditions": [{"reason": "BlueGreenPause"}]}


@pytest.fixture
def decide(monkeypatch):
    """Decide over one service as it stands; what the controller was told."""

    def decide(what, live, services=(SERVICE,), **more):
        found = {SERVICE: Workload(service=SERVICE, live=live, revisions=history_of(live))}
        monkeypatch.setattr("operations.workloads.read", lambda *_: found)
        monkeypatch.setattr("operations.records.read", lambda *_: [])
        monkeypatch.setattr(promotion, "ReleaseLock", lambda *_: nullcontext(Mock()))
        monkeypatch.setattr("operations.promotion.follow", lambda *_: None)
        cluster, settings = Mock(), load("local")
        if what is promotion.abort:
            what(cluster, settings, services)
        else:
            what(cluster, settings, Decision(services=services, timeout_seconds=1, **more), Mock())
        return [each.args[1] for each in cluster.merge.call_args_list]

    return decide


def test_a_canary_that_cannot_be_judged_goes_on_with_its_next_step(decide):
    told = decide(promotion.promote, rollout(**TRIED, **INCONCLUSIVE))
    assert told == [{"status": {"pauseConditions": None, "currentStepIndex": 3}}]


def test_a_rollout_paused_by_hand_is_resumed(decide):
    live = rollout(**TRIED)
    live["spec"]["paused"] = True
    assert {"spec": {"paused": False}} in decide(promotion.promote, live)


def test_the_remaining_steps_can_be_left_out(decide):
    told = decide(promotion.promote, rollout(**TRIED, currentStepIndex=1), full=True)
    assert told == [{"status": {"promoteFull": True}}]


def test_an_abort_needs_no_name_and_no_pause(decide):
    told = decide(promotion.abort, rollout(**TRIED, currentStepIndex=1), services=())
    assert told == [{"status": {"abort": True}}]


def test_a_colour_that_is_ready_is_switched_to(decide):
    told = decide(promotion.switch, rollout(strategy=BLUE_GREEN, **TRIED, **COLOUR))
    assert told == [{"status": {"pauseConditions": None}}]


ALONE = rollout("v2", stableRS="b", currentPodHash="b", phase="Healthy")
REFUSED = {
    "abort, nothing running": (promotion.abort, ALONE, "runs v2 alone: nothing is being released"),
    "abort of a Deployment": (promotion.abort, deployment("v2"), "has no steps and no colours"),
    "abort twice": (promotion.abort, rollout(**TRIED, abort=True), "is aborted already"),
    "switch in phase 2": (promotion.switch, deployment("v2"), "back goes `mpk rollback`"),
    "switch of a canary": (promotion.switch, rollout(**TRIED), "goes out by canary, not by"),
    "switch too soon": (
        promotion.switch, rollout(strategy=BLUE_GREEN, **TRIED), "the other colour is not ready"),
    "promote of one that runs": (promotion.promote, rollout(**TRIED), "no canary waits"),
    "promote of a colour": (
        promotion.promote, rollout(strategy=BLUE_GREEN, **TRIED, **COLOUR), "by blue-green, not"),
}  # fmt: skip


@pytest.mark.parametrize(("what", "live", "message"), REFUSED.values(), ids=REFUSED)
def test_a_decision_that_does_not_fit_is_refused_and_nothing_is_told(decide, what, live, message):
    with pytest.raises(RefusedError, match="nothing was changed") as error:
        decide(what, live)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("what", "message"),
    [(promotion.abort, "nothing is being released"), (promotion.switch, "no service has another")],
)
def test_without_a_name_and_without_a_release_one_sentence_says_so(decide, what, message):
    with pytest.raises(RefusedError, match=message):
        decide(what, deployment("v2"), services=())
