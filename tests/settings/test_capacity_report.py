"""Whether the nodes hold the product, against arithmetic done by hand (D-7, R-NODE, R-OVL)."""

import pytest

from settings import load
from settings.capacity_report import FEWEST, MOST, ROLLING, STORES, report
from settings.fitting import Pod, fit, least_nodes, nodes, nodes_needed


def row(stack, demand, lost="nothing", **given):
    data = {"environment": stack, **given}
    if stack == "production":
        data["images"] = {"tag": "v1.0.0"}
    (found,) = [r for r in report(load(stack, data)).rows if (r.demand, r.lost) == (demand, lost)]
    return found


def waiting(found):
    return sum(found.waiting.values())


def test_staging_wants_46_pods_and_its_three_nodes_hold_14_each():
    # 4 CPUs less kubelet's 80m and the DaemonSets' 200m: 3720m, 14 times 250m.
    found = row("staging", FEWEST)
    assert (found.nodes, found.pods, waiting(found)) == (3, 46, 46 - 3 * 14)
    assert (found.needed, found.verdict) == (4, "grows"), "D-7: the pool autoscales"


def test_production_of_phase_2_waits_for_its_smallest_zone():
    # Zones of 2, 2 and 1 nodes; each service wants a pod in each, and one node holds 15.
    found = row("production", FEWEST)
    assert (found.pods, waiting(found), found.needed) == (69, 23 - 15, 6)


@pytest.mark.parametrize("phase", [3, 4])
def test_production_of_later_phases_holds_its_pods_without_any_zone(phase):
    for lost in ("nothing", "one node", "one zone"):
        assert row("production", FEWEST, lost, phase=phase).verdict == "fits"


def test_every_autoscaler_at_its_most_fits_on_the_stated_maximum_of_nodes():
    for stack in ("staging", "production"):
        assert row(stack, MOST).verdict in ("fits", "grows"), "D-7"


def test_the_standard_services_wait_and_the_critical_ones_never_do():
    found = row("staging", FEWEST)
    services = load("staging").services
    assert {services[name].priority for name in found.waiting} == {"standard"}


def test_data_stores_have_nodes_of_their_own_and_survive_the_loss_of_one():
    for stack in ("staging", "production"):
        assert row(stack, STORES, "one node").verdict == "fits", "D-7"


def test_a_laptop_rolls_its_services_in_turn():
    found = row("local", ROLLING)
    assert found.verdict == "in turn"
    assert 0 < waiting(found) < 23, "a rolling update needs room for one pod more"


def test_what_no_number_of_nodes_holds_is_said_to_hold_never():
    huge = {"auth-service": {"cpu": "500m", "replicas": 90, "max_replicas": 100}}
    found = report(load("staging", {"environment": "staging", "services": huge}))
    assert not found.holds
    assert any("nodes: " in advice for advice in found.advice)


def test_the_smallest_request_that_fits_is_told():
    # 46 pods on three nodes are 16 on the fullest: 3720m / 16 = 232m.
    assert "or cpu: 230m instead of 250m per pod" in report(load("staging")).advice


def test_a_pod_waits_for_its_zone_though_another_has_room():
    pool = load("production").nodes
    # Two on a node: room for 4, 4 and 2. The ninth belongs into the smallest zone, which is full.
    pods = [Pod(service="a", cpu=3800, memory=1, rank=1) for _ in range(9)]
    assert fit(pods, nodes(pool), pool.zones).waiting == {"a": 1}
    assert fit(pods, nodes(pool), zones=1).waiting == {}
    assert nodes_needed(pods, pool) == 6


def test_the_node_whose_loss_hurts_most_is_the_one_that_is_lost():
    # The third zone has one node: without it, its 23 pods need two others there, so nine in all.
    assert row("production", FEWEST, "one node").needed == 9


@pytest.mark.parametrize(("cpu", "memory"), [(300, 1), (1, 5000), (1, 1), (1900, 3000)])
def test_fewer_nodes_than_the_sums_ask_for_are_never_enough(cpu, memory):
    pool = load("staging").nodes.model_copy(update={"count": 1, "zones": 1})
    pods = [Pod(service="a", cpu=cpu, memory=memory, rank=1) for _ in range(250)]
    least = least_nodes(pods, pool, 1000)
    assert fit(pods, nodes(pool, least - 1), 1).waiting, "else the count begins too late"
    assert least <= nodes_needed(pods, pool) < 1000


def test_a_pod_that_no_node_holds_is_not_tried_on_a_thousand():
    pool = load("staging").nodes
    assert nodes_needed([Pod(service="a", cpu=10**6, memory=1, rank=1)], pool) is None
    assert nodes_needed([], pool) == pool.count
