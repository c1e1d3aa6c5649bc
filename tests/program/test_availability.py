"""Who decides how many pods run: the autoscaler, the budget, the rank, the quota (issue 4)."""

import math
from fractions import Fraction

import pytest
from kubernetes.utils.quantity import parse_quantity

from tests.support.recording import STACKS, containers, objects, of_kind, one, pod_templates

pytestmark = pytest.mark.parametrize("stack", STACKS)


def autoscalers(stack):
    return {h["metadata"]["name"]: h["spec"] for h in of_kind(stack, "HorizontalPodAutoscaler")}


def fewest(stack, service):
    scaled = autoscalers(stack).get(service)
    own = one(stack, "Deployment", service)["spec"].get("replicas", 1)
    return scaled["minReplicas"] if scaled else own


def most(stack, service):
    scaled = autoscalers(stack).get(service)
    return scaled["maxReplicas"] if scaled else fewest(stack, service)


def services(stack):
    return [found["metadata"]["name"] for found in of_kind(stack, "Deployment")]


def test_a_service_grows_at_the_specification_s_load(stack):
    for spec in autoscalers(stack).values():
        loads = {m["resource"]["name"]: m["resource"]["target"] for m in spec["metrics"]}
        assert loads == {
            "cpu": {"type": "Utilization", "averageUtilization": 70},
            "memory": {"type": "Utilization", "averageUtilization": 80},
        }


def test_an_autoscaler_scales_a_deployment_that_is_there(stack):
    for found in of_kind(stack, "HorizontalPodAutoscaler"):
        target = found["spec"]["scaleTargetRef"]
        scaled = one(stack, target["kind"], target["name"])
        assert target["apiVersion"] == scaled["apiVersion"]
        assert found["metadata"]["namespace"] == scaled["metadata"]["namespace"]


def test_what_is_measured_by_its_load_asks_for_an_amount(stack):
    for service in autoscalers(stack):
        for each in containers(one(stack, "Deployment", service)["spec"]["template"]):
            assert {"cpu", "memory"} <= each["resources"]["requests"].keys(), "else: <unknown>"


def test_the_number_of_pods_has_one_writer(stack):
    for service in services(stack):
        written = "replicas" in one(stack, "Deployment", service)["spec"]
        assert written != (service in autoscalers(stack)), "W-1: the autoscaler's field, or ours"


def test_a_short_lull_does_not_make_the_number_flap(stack):
    for spec in autoscalers(stack).values():
        down, up = spec["behavior"]["scaleDown"], spec["behavior"]["scaleUp"]
        assert down["stabilizationWindowSeconds"] >= 300
        assert up["stabilizationWindowSeconds"] < down["stabilizationWindowSeconds"]
        (policy,) = down["policies"]
        assert (policy["type"], policy["value"] <= 25) == ("Percent", True), "a fifth a minute"


def test_growth_reaches_the_most_within_three_minutes(stack):
    for spec in autoscalers(stack).values():
        up, pods = spec["behavior"]["scaleUp"], spec["minReplicas"]
        seconds = up["stabilizationWindowSeconds"]
        while pods < spec["maxReplicas"]:
            pods += max(_allowed(policy, pods) for policy in up["policies"])
            seconds += max(policy["periodSeconds"] for policy in up["policies"])
        assert seconds <= 180


def _allowed(policy, pods):
    return policy["value"] if policy["type"] == "Pods" else math.ceil(pods * policy["value"] / 100)


def test_a_service_has_a_budget_exactly_where_it_runs_more_than_one_pod(stack):
    budgets = {found["metadata"]["name"] for found in of_kind(stack, "PodDisruptionBudget")}
    assert budgets == {service for service in services(stack) if fewest(stack, service) > 1}, (
        "of one pod a budget blocks the drain or keeps nothing"
    )


def test_a_budget_always_lets_a_pod_go_and_keeps_two_thirds_of_three_or_more(stack):
    for found in of_kind(stack, "PodDisruptionBudget"):
        percent = int(found["spec"]["maxUnavailable"].removesuffix("%"))
        for pods in range(2, 101):
            gone = math.ceil(Fraction(pods * percent, 100))  # as the disruption controller rounds
            assert gone >= 1, f"a drain of {pods} pods would be stuck"
            assert pods < 3 or Fraction(pods - gone, pods) >= Fraction(2, 3), f"of {pods} pods"
            assert pods - gone >= 1


def test_a_pod_that_is_broken_anyway_blocks_no_drain(stack):
    for found in of_kind(stack, "PodDisruptionBudget"):
        assert found["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_budget_covers_the_pods_of_its_own_service_and_no_migration(stack):
    templates = [(name, t["metadata"]["labels"]) for name, t in pod_templates(stack)]
    for found in of_kind(stack, "PodDisruptionBudget"):
        wanted = found["spec"]["selector"]["matchLabels"].items()
        chosen = [name for name, labels in templates if wanted <= labels.items()]
        assert chosen == [f"Deployment {found['metadata']['name']}"], "A-3"
        assert "minAvailable" not in found["spec"], "a figure that growth would outrun"


def test_every_rank_that_a_pod_asks_for_is_there(stack):
    ranks = {found["metadata"]["name"]: found["value"] for found in of_kind(stack, "PriorityClass")}
    asked = {name: t["spec"].get("priorityClassName") for name, t in pod_templates(stack)}
    assert {rank for rank in asked.values() if rank} <= ranks.keys()
    assert not any(found.get("globalDefault") for found in of_kind(stack, "PriorityClass"))
    stores = {ranks[rank] for name, rank in asked.items() if name.startswith("StatefulSet")}
    ours = {ranks[rank] for name, rank in asked.items() if name.startswith("Deployment")}
    assert min(stores) > max(ours), "no data store waits for a service"
    assert ranks[asked["Deployment gateway"]] == max(ours), "the gateway never waits for the shop"


def test_the_quota_holds_every_service_grown_and_rolling_beside_every_migration(stack):
    (quota,) = of_kind(stack, "ResourceQuota")
    hard = {key: parse_quantity(amount) for key, amount in quota["spec"]["hard"].items()}
    needed = {"pods": 0, "requests.cpu": 0, "requests.memory": 0}
    for found in of_kind(stack, "Deployment", "Job"):
        if found["metadata"]["namespace"] != quota["metadata"]["namespace"]:
            continue
        pods = 1 if found["kind"] == "Job" else most(stack, found["metadata"]["name"]) + _SURGE
        needed["pods"] += pods
        for resource in ("cpu", "memory"):
            needed[f"requests.{resource}"] += pods * _asked(found["spec"]["template"], resource)
    assert hard.keys() == needed.keys()
    assert all(hard[key] >= needed[key] for key in needed), "a quota must stop no release"
    assert all(hard[key] <= 3 * needed[key] for key in needed), "nor let a runaway go on"


# One pod more in a rolling update, and one that is still draining.
_SURGE = 2


def _asked(template, resource):
    """What the scheduler counts: all containers together, or one that runs first and asks more."""
    asks = [[parse_quantity(c["resources"]["requests"][resource]) for c in template["spec"][part]]
            for part in ("containers", "initContainers") if part in template["spec"]]  # fmt: skip
    return max([sum(asks[0]), *(ask for first in asks[1:] for ask in first)])


def test_a_container_without_figures_gets_some_and_none_with_its_own_is_refused(stack):
    (limits,) = of_kind(stack, "LimitRange")
    (item,) = limits["spec"]["limits"]
    assert item["type"] == "Container"
    assert item["defaultRequest"].keys() == {"cpu", "memory"}, "else the quota refuses the pod"
    assert not item.keys() & {"max", "min", "maxLimitRequestRatio"}, "what would refuse a release"


def test_the_limits_stand_in_the_application_s_namespace_alone(stack):
    spaces = {found["metadata"]["namespace"] for found in objects(stack)
              if found["kind"] in ("ResourceQuota", "LimitRange")}  # fmt: skip
    assert spaces == {"manpasik"}, "the stores' figures are not the services'"
