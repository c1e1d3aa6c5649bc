"""Machines are chosen by what they have (R-NODE), and every figure of the environments is sold."""

import pytest

from settings.instances import cache_node, instance_for
from settings.loader import ROOT, load_catalog

CATALOG = load_catalog()
SHAPES = [(4, 8), (8, 16), (8, 32), (16, 64)]


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
@pytest.mark.parametrize(("vcpu", "memory_gb"), SHAPES)
def test_each_node_of_the_specification_has_an_exact_machine_on_both_clouds(cloud, vcpu, memory_gb):
    name = instance_for(CATALOG.instances, cloud, "node", vcpu, memory_gb)
    found = CATALOG.instances[name]
    assert (found.cloud, found.vcpu, found.memory_gb) == (cloud, vcpu, memory_gb), "R-NODE"
    assert found.source


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_both_clouds_rent_out_the_same_shapes(cloud):
    for use in ("node", "database"):
        sold = {(i.vcpu, i.memory_gb) for i in CATALOG.instances.values()
                if (i.cloud, i.use) == (cloud, use)}  # fmt: skip
        every = {(i.vcpu, i.memory_gb) for i in CATALOG.instances.values() if i.use == use}
        assert sold == every, "or a stack changes its size with its cloud"


def test_a_name_says_what_it_has_where_the_cloud_s_names_do():
    for name, each in CATALOG.instances.items():
        if "custom" in name:
            *_, vcpu, mebibytes = name.split("-")
            assert (int(vcpu), int(mebibytes)) == (each.vcpu, each.memory_gb * 1024)


@pytest.mark.parametrize(("wanted", "found"), [(1, "cache.t4g.small"), (2, "cache.t4g.medium"),
                                               (6, "cache.m6g.large"), (13, None)])  # fmt: skip
def test_a_cache_is_the_smallest_that_holds_the_data(wanted, found):
    assert cache_node(CATALOG.instances, "aws", wanted) == found


def test_no_machine_s_name_stands_in_the_code():
    for room in ("settings", "components", "rendering", "operations", "cli"):
        for path in (ROOT / room).rglob("*.py"):
            held = [name for name in CATALOG.instances if name in path.read_text()]
            assert held == [], f"{path}: choose by (vCPU, GB)"
