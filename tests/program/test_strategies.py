"""A service by its strategy: Deployment, canary, blue-green (R-P2-ROLL, R-P3-CAN, R-P4-BG)."""

import pytest

from settings.signals import BUCKETS_MS
from tests.support.later import objects, of_kind, production
from tests.support.rules import RULES

ASKED = sorted(production(phase=3).services.keys() - {"vision-service"})
PHASES = (3, 4)


def canary(name):
    return of_kind("Rollout", phase=3)[name]["spec"]["strategy"]["canary"]


def colours(name):
    return of_kind("Rollout", phase=4)[name]["spec"]["strategy"]["blueGreen"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("phase", PHASES)
def test_the_objects_of_a_later_phase_fit_together(phase, rule):
    assert list(rule(objects(phase=phase))) == [], rule.__doc__


@pytest.mark.parametrize("phase", PHASES)
def test_every_service_that_is_asked_is_a_rollout_and_the_other_a_deployment(phase):
    assert sorted(of_kind("Rollout", phase=phase)) == ASKED
    assert list(of_kind("Deployment", phase=phase)) == ["vision-service"]


@pytest.mark.parametrize("phase", PHASES)
def test_autoscalers_scale_what_is_there_and_no_rollout_says_how_many(phase):
    for name, scaler in of_kind("HorizontalPodAutoscaler", phase=phase).items():
        kind = "Rollout" if name in ASKED else "Deployment"
        assert scaler["spec"]["scaleTargetRef"]["kind"] == kind
    assert not any("replicas" in r["spec"] for r in of_kind("Rollout", phase=phase).values()), "W-1"


def test_a_canary_takes_5_25_and_50_percent_for_10_minutes_each_and_is_judged_after_each():
    steps = canary("auth-service")["steps"]
    assert [each["setWeight"] for each in steps[0::3]] == [5, 25, 50], "R-P3-CAN"
    assert [each["pause"] for each in steps[1::3]] == [{"duration": "600s"}] * 3, "R-P3-CAN"
    names = [each["analysis"]["templates"] for each in steps[2::3]]
    assert names == [[{"templateName": "manpasik-step"}]] * 3
    assert len(steps) == 9, "100 % follows by itself"


def test_a_canary_is_judged_all_the_time():
    found = canary("auth-service")["analysis"]
    assert found["templates"] == [{"templateName": "manpasik-abort"}]
    assert "startingStep" not in found, "D-6: from the first pod on"


def test_a_canary_splits_subsets_of_one_service_and_aborts_at_once():
    found = canary("auth-service")
    rule = found["trafficRouting"]["istio"]["destinationRule"]
    assert (rule["stableSubsetName"], rule["canarySubsetName"]) == ("stable", "canary"), "C-5"
    assert "stableService" not in found, "C-5: no split by host"
    # Without it the controller judges nothing before every new pod is available (0045).
    assert found["canaryService"] == "auth-service-preview"
    assert found["scaleDownDelaySeconds"] >= 30, "C-5"
    assert "dynamicStableScale" not in found, "decision 9: the old version keeps its pods"


@pytest.mark.parametrize("phase", PHASES)
def test_a_version_that_never_becomes_ready_is_given_up(phase):
    for found in of_kind("Rollout", phase=phase).values():
        assert found["spec"]["progressDeadlineAbort"] is True, "C-9"
        assert found["spec"]["minReadySeconds"] == 10


def test_a_colour_is_tested_before_and_watched_after_an_explicit_switch():
    found = colours("auth-service")
    assert found["autoPromotionEnabled"] is False, "C-7"
    assert "autoPromotionSeconds" not in found, "C-7: it would mark a running test as passed"
    assert found["prePromotionAnalysis"]["templates"] == [{"templateName": "manpasik-smoke"}]
    assert found["postPromotionAnalysis"]["templates"] == [{"templateName": "manpasik-watch"}]


def test_the_way_back_stays_warm_beyond_the_ten_minutes_of_the_watch():
    assert colours("auth-service")["scaleDownDelaySeconds"] > 600, "R-P4-BG, decision 10"


def test_active_and_preview_are_two_services_of_the_same_pods():
    found = of_kind("Service", phase=4)
    for name in ASKED:
        idle = found[f"{name}-preview"]
        assert (colours(name)["activeService"], colours(name)["previewService"]) == (
            name, idle["metadata"]["name"])  # fmt: skip
        assert idle["spec"] == found[name]["spec"]


def test_a_pod_of_the_mesh_counts_with_an_edge_at_each_threshold():
    for found in of_kind("Rollout", phase=3).values():
        said = found["spec"]["template"]["metadata"]["annotations"]
        wanted = f'{{"istiocustom":[{",".join(map(str, BUCKETS_MS))}]}}'
        assert said["sidecar.istio.io/statsHistogramBuckets"] == wanted
        assert said["sidecar.istio.io/nativeSidecar"] == "true", "the gate needs the proxy"


def test_a_migration_gets_no_proxy_that_would_keep_it_from_ending():
    jobs = of_kind("Job", phase=3)
    found = {n: j["spec"]["template"]["metadata"]["labels"] for n, j in jobs.items()
             if "-migrate-" in n}  # fmt: skip
    assert found
    assert {each["sidecar.istio.io/inject"] for each in found.values()} == {"false"}


def test_seconds_can_stand_for_minutes():
    release = {"step_seconds": 6, "steps": [20, 60], "window_seconds": 5}
    found = of_kind("Rollout", phase=3, release=release)["auth-service"]["spec"]["strategy"]
    steps = found["canary"]["steps"]
    assert [each.get("setWeight") for each in steps[0::3]] == [20, 60]
    assert steps[1]["pause"] == {"duration": "6s"}
