"""A Rollout is read as its controller means it (decision 4, pitfall A-1)."""

import pytest

from operations import rollouts
from operations.readiness import assess
from tests.support.rollouts import CANARY, analysis, rollout

BLUE_GREEN = {"blueGreen": {"activeService": "a"}}
PAUSED = {"phase": "Paused", "pauseConditions": [{"reason": "CanaryPauseStep"}]}
CASES = {
    "all pods are of one version": (rollout(phase="Healthy", availableReplicas=1), "ready"),
    "its controller has not seen the change": (
        rollout(phase="Healthy", observedGeneration="0"), "progressing"),
    "a step that passes by itself": (rollout(**PAUSED, currentStepIndex=1), "progressing"),
    "a step that waits for a person": (rollout(**PAUSED, currentStepIndex=3), "paused"),
    "the other colour is ready": (
        rollout("v2", BLUE_GREEN, phase="Paused",
                pauseConditions=[{"reason": "BlueGreenPause"}]), "paused"),
    "the analysis cannot tell": (
        rollout(phase="Paused", currentStepIndex=1,
                pauseConditions=[{"reason": "InconclusiveAnalysisRun"}]), "paused"),
    "aborted": (rollout(phase="Degraded", abort=True, message="RolloutAborted: x"), "failed"),
    "moving": (rollout(phase="Progressing", message="more replicas"), "progressing"),
    "not looked at yet": (rollout(), "progressing"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "phase"), CASES.values(), ids=CASES)
def test_the_phase_of_a_rollout_counts_only_for_the_spec_that_it_tells_of(content, phase):
    assert assess(content).phase == phase


def test_the_generation_is_compared_although_the_controller_writes_it_as_text():
    later = rollout(phase="Healthy", observedGeneration="1")
    later["metadata"]["generation"] = 2
    assert assess(later).phase == "progressing", "kstatus and waitFor take the old state for new"


def test_a_wait_for_a_person_names_the_command():
    waits = assess(
        rollout(**PAUSED, currentStepIndex=3, canary={"weights": {"canary": {"weight": 25}}})
    )
    assert waits.message == (
        "step 4 of 4, 25 %: waits at this step: promote or abort by `kubectl argo rollouts`"
    )


def test_a_failed_metric_is_told_with_its_value_its_limit_and_its_query():
    (told,) = rollouts.verdicts([analysis(failed=1, successful=2)])
    assert told == (
        "metric error-ratio Failed: 0.034 (1 failed, 2 successful); asked: "
        'errors{hash="new"} / {{ args.missing }}'
    )


def test_a_metric_that_gave_no_value_says_why():
    error = {"phase": "Error", "message": "connection refused"}
    (told,) = rollouts.verdicts([analysis("Error", error=5, measurements=[error])])
    assert "connection refused (5 error)" in told


def test_what_passed_is_no_verdict_but_a_sample():
    run = analysis("Successful")
    assert list(rollouts.verdicts([run])) == []
    assert rollouts.samples([run])["error-ratio"]["last"] == "0.034"


def test_analysis_of_an_earlier_revision_says_nothing_of_this_one():
    runs = [analysis(pod_hash="older"), analysis()]
    assert rollouts.of_revision(runs, rollout()) == runs[1:]


def test_the_pauses_of_a_canary_count_as_its_own_time():
    assert rollouts.scheduled_seconds(rollout()) == 600
    forms = [{"pause": {"duration": d}} for d in (30, "30", "30s", "1m", "1h", "odd")]
    assert rollouts.scheduled_seconds(rollout("v2", {"canary": {"steps": forms}})) == 3750


@pytest.mark.parametrize(
    ("content", "strategy"), [(rollout(), "canary"), (rollout("v2", BLUE_GREEN), "blue-green")]
)
def test_the_strategy_is_read_from_what_runs(content, strategy):
    assert rollouts.strategy(content) == strategy
    assert rollouts.strategy({"kind": "Deployment"}) == "rolling"


def test_the_weight_is_what_the_controller_set_and_all_once_it_is_stable():
    half_way = rollout(canary={"weights": {"canary": {"weight": 25}}}, currentStepIndex=2)
    assert rollouts.weight(half_way) == 25
    assert rollouts.weight(rollout(stableRS="new")) == 100
    assert rollouts.weight(rollout()) is None
    assert CANARY["canary"]["steps"]
