"""R-NODE on both clouds, for each environment and phase, from the pools as recorded."""

import pytest

from settings.loader import load_catalog
from tests.support.clouds import CLOUDS, inputs, place

INSTANCES = load_catalog().instances
# Environment, phase, nodes, vCPU, GB of memory, GB of storage in total: the specification's table.
TABLE = [
    ("dev", 1, 1, 8, 16, 100),
    ("staging", 2, 3, 4, 8, 200),
    ("staging", 3, 3, 4, 8, 200),
    ("staging", 4, 3, 4, 8, 200),
    ("production", 2, 5, 8, 16, 1000),
    ("production", 3, 10, 8, 32, 5000),
    ("production", 4, 20, 16, 64, 20000),
]
EACH = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}-{row[1]}")
CLOUD = pytest.mark.parametrize("cloud", CLOUDS)


def pool(stack, cloud, phase, purpose):
    """Count, most, machine, GiB of disk per node, zones, as the cloud is told."""
    found = place(stack, cloud, phase)
    if cloud == "aws":
        group = inputs(found, "aws:eks/nodeGroup:NodeGroup")[f"{purpose}-pool-group"]
        templates = inputs(found, "aws:ec2/launchTemplate:LaunchTemplate")
        template = templates[f"{purpose}-pool-template"]
        disks = {d["deviceName"]: d["ebs"] for d in template["blockDeviceMappings"]}
        scaling = group["scalingConfig"]
        assert scaling["desiredSize"] == scaling["minSize"]
        return (scaling["minSize"], scaling["maxSize"], group["instanceTypes"][0],
                disks["/dev/xvdb"]["volumeSize"], len(group["subnetIds"]))  # fmt: skip
    group = inputs(found, "gcp:container/nodePool:NodePool")[f"{purpose}-pool-group"]
    scaling, node = group["autoscaling"], group["nodeConfig"]
    assert group["initialNodeCount"] * len(group["nodeLocations"]) >= scaling["totalMinNodeCount"]
    return (scaling["totalMinNodeCount"], scaling["totalMaxNodeCount"], node["machineType"],
            node["diskSizeGb"], len(group["nodeLocations"]))  # fmt: skip


@CLOUD
@EACH
def test_the_services_pool_is_exactly_the_table_s(row, cloud):
    stack, phase, count, vcpu, memory, storage = row
    fewest, most, machine, disk, _ = pool(stack, cloud, phase, "services")
    found = INSTANCES[machine]
    assert (fewest, found.vcpu, found.memory_gb) == (count, vcpu, memory), "R-NODE"
    assert most >= fewest, "D-7"
    assert disk == -(-storage // count), "D-5: spread evenly, rounded up"
    assert 0 <= disk * count - storage < count, "D-5: the total is the table's"


@CLOUD
@EACH
def test_nodes_stand_in_as_many_zones_as_the_environment_says(row, cloud):
    stack, phase, *_ = row
    zones = pool(stack, cloud, phase, "services")[-1]
    assert zones == (3 if stack == "production" else 1), "D-1"


@CLOUD
@pytest.mark.parametrize("stack", ["staging", "production"])
def test_the_platform_has_nodes_of_its_own_that_services_may_not_use(stack, cloud):
    found = place(stack, cloud, 2)
    kind = {"aws": "aws:eks/nodeGroup:NodeGroup", "gcp": "gcp:container/nodePool:NodePool"}[cloud]
    group = inputs(found, kind)["platform-pool-group"]
    group = group if cloud == "aws" else group["nodeConfig"]
    assert group["labels"] == {"manpasik.com/pool": "platform"}, "D-7"
    (taint,) = group["taints"]
    assert (taint["key"], taint["effect"]) == ("manpasik.com/pool", "NO_SCHEDULE"), "D-7"


@CLOUD
def test_a_pool_grows_to_the_stated_maximum(cloud):
    assert pool("production", cloud, 2, "services")[1] == 33, "D-7"
    assert pool("staging", cloud, 2, "platform")[:2] == (2, 4), "D-7"


@CLOUD
def test_nodes_are_replaced_one_by_one_with_a_new_one_first(cloud):
    found = place("production", cloud, 2)
    if cloud == "aws":
        for group in inputs(found, "aws:eks/nodeGroup:NodeGroup").values():
            assert group["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "DEFAULT"}
            assert group["amiType"] == "BOTTLEROCKET_x86_64"
    else:
        for group in inputs(found, "gcp:container/nodePool:NodePool").values():
            surge = {"strategy": "SURGE", "maxSurge": 1, "maxUnavailable": 0}
            assert group["upgradeSettings"] == surge
            assert group["nodeConfig"]["imageType"] == "COS_CONTAINERD"
