"""What is read out of answers and moments: shares, spans of a weight, the last of a version."""

import pytest

from drill import canary, course
from drill.canary import Run
from drill.course import Moment, Share
from drill.prober import Answer


def moment(at, canary=0, **more):
    values = {
        "phase": "Progressing", "message": "", "step": 0, "stable": "old",
        "active": "old", "current": "new", "ready": 3, "verdicts": {}, "reason": "",
    }  # fmt: skip
    weights = {"stable": 100 - canary, "canary": canary}
    return Moment(at=at, weights=weights, **{**values, **more})


def promoted(**when):
    return Run(version="v2", before="v1", outcome="promoted", reason="", answers=0, failed=0,
               failed_of_others=0, **when)  # fmt: skip


def answers(version, *times):
    return [Answer(at, 0.01, 200, version, "pod") for at in times]


def test_moments_with_the_same_weight_are_one_span():
    found = course.spans([moment(0), moment(5, 5), moment(7, 5), moment(9, 25)], "canary")
    assert [(told, since) for told, since, _ in found] == [(0, 0), (5, 5), (25, 9)]
    assert found[1][2] == 9


def test_a_share_is_counted_only_after_the_mesh_has_heard_of_the_weight():
    asked = [*answers("new", 5.1, 6.5), *answers("old", 6.6, 6.7, 6.8)]
    (found,) = course.shares(asked, [moment(5, 25), moment(9, 50)], "canary", "new", settle=1)
    assert (found.told, found.answers, found.seen) == (25, 4, 25.0)


@pytest.mark.parametrize(
    ("told", "count", "seen", "agrees"),
    [
        (5, 1000, 6.2, True),
        (5, 1000, 8.5, False),
        (50, 400, 58.0, True),
        (50, 400, 61.0, False),
        (100, 400, 100.0, True),
        (100, 400, 99.9, False),
        (0, 400, 0.0, True),
        (0, 400, 0.1, False),
    ],
)
def test_a_share_agrees_where_chance_explains_the_difference(told, count, seen, agrees):
    assert Share(told=told, answers=count, seen=seen).agrees is agrees


def test_a_picture_shows_one_release_alone_and_all_traffic_on_it_once_it_is_stable():
    """A promoted canary is no canary: its line fell to 0 (issue 6, line 2)."""
    seen = [
        moment(1, stable="a", current="a"),
        moment(5, canary=50, stable="a", current="b"),
        moment(9, stable="b", current="b"),
        moment(12, canary=5, stable="b", current="c"),
    ]
    told = canary.of_run(seen, promoted(began=2.0, seconds=7.0))
    assert [(each.at, each.weights["canary"]) for each in told] == [(1, 0), (5, 50), (9, 100)]


def test_a_version_is_gone_when_its_last_request_was_asked():
    asked = [*answers("old", 1.0, 3.0), *answers("new", 2.0, 4.0)]
    assert course.last_of(asked, "old") == 3.0
    assert course.last_of(asked, "other") is None


@pytest.mark.parametrize(("part", "value"), [(0.5, 5), (0.95, 10), (0.99, 10), (0.1, 1)])
def test_a_quantile_is_a_value_that_was_seen(part, value):
    assert course.quantile([float(n) for n in range(10, 0, -1)], part) == value


def workload(**status):
    return {"metadata": {"name": "gateway"}, "spec": {}, "status": status}


def held(rollout, *runs):
    return {
        "rollouts": [rollout], "deployments": [], "runs": list(runs), "services": [],
        "virtual_services": [], "destination_rules": [],
    }  # fmt: skip


def judged(template, phase, message, owner="gateway"):
    meta = {
        "name": f"run-{template}",
        "labels": {"rollouts-pod-template-hash": template},
        "ownerReferences": [{"kind": "Rollout", "name": owner}],
    }
    return {"metadata": meta, "status": {"phase": phase, "message": message}}


def test_the_reason_is_that_of_the_analyses_of_this_version_alone():
    runs = [
        judged("new", "Failed", "error-rate"),
        judged("old", "Failed", "of another version"),
        judged("new", "Failed", "of another service", owner="auth-service"),
        judged("new", "Successful", "fine"),
    ]
    rollout = workload(currentPodHash="new", stableRS="old", phase="Degraded", message="aborted")
    found = course.moment_of("gateway", held(rollout, *runs), 1.0)
    assert found is not None
    assert (found.reason, found.phase, found.stable) == ("error-rate", "Degraded", "old")


def test_a_service_that_is_not_there_has_no_moment():
    assert course.moment_of("other", held(workload()), 1.0) is None
