"""What cannot be released as things stand (issue 6, acceptance 8)."""

import pytest

from operations.preflight import Check
from operations.records import Record
from operations.refusal import RefusedError
from operations.releasable import Plan, asked, refuse_unfit
from operations.workloads import Workload
from settings import load
from tests.support.rollouts import SERVICE, deployment, history_of, rollout


def plan(version="v2.0.0", **more):
    given = {"environment": "local", "services": {SERVICE: {"image_tag": version}}}
    return Plan(
        settings=load("local", given), version=version, services=[SERVICE], manifests=[],
        watch_seconds=0, **more,
    )  # fmt: skip


def workload(live):
    return {SERVICE: Workload(service=SERVICE, live=live, revisions=history_of(live))}


TRIED = {"stableRS": "a", "currentPodHash": "b", "currentStepIndex": 2, "phase": "Progressing"}
REFUSED = {
    "it is not there": ({}, "auth-service not deployed here; first: mpk up local"),
    "it is live": (workload(deployment("v2.0.0")), "v2.0.0 is live already, and healthy"),
    "another is being tried": (
        workload(rollout("v3.0.0", **TRIED)),
        "auth-service is being released to v3.0.0 (step 3 of 4): mpk abort auth-service",
    ),
}


@pytest.mark.parametrize(("found", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_released_is_refused_and_nothing_is_changed(found, message):
    with pytest.raises(RefusedError, match="nothing was changed") as error:
        refuse_unfit(plan(), found, None)
    assert message in str(error.value)


ALLOWED = {
    "another version": deployment("v1.0.0"),
    "live, and not healthy": deployment("v2.0.0", availableReplicas=0, unavailableReplicas=1),
    "the same, half way": rollout("v2.0.0", **TRIED),
    "another, aborted": rollout("v3.0.0", **TRIED, abort=True),
}


@pytest.mark.parametrize("live", ALLOWED.values(), ids=ALLOWED)
def test_everything_else_may_be_released(live):
    refuse_unfit(plan(), workload(live), None)


def test_a_killed_release_of_what_is_live_by_now_goes_on_to_its_watch():
    killed = Record("1", "local", "release", "v2.0.0", "me", "", "then")
    refuse_unfit(plan(), workload(deployment("v2.0.0")), killed)


def test_every_objection_of_the_preflight_is_told_at_once():
    checks = [Check(name=n, verdict="refused", detail=f"no {n}") for n in ("images", "capacity")]
    with pytest.raises(RefusedError) as error:
        asked(plan(checks=lambda: checks))
    assert "images: no images\n  capacity: no capacity" in str(error.value)
