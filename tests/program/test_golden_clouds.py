"""The full graph of each stack on each cloud: its logical names are keys of the engine's state."""

import pytest

from tests.support.clouds import CLOUD_STACKS, CLOUDS, inputs, whole
from tests.support.golden import FOLDER, cloud_urns, front_urns
from tests.support.recording import recorded

EACH = pytest.mark.parametrize(
    ("stack", "cloud"), [(stack, cloud) for stack in CLOUD_STACKS for cloud in CLOUDS]
)
MANAGED = ("Postgres", "Redis")


@EACH
def test_no_logical_name_on_a_cloud_changes_unnoticed(stack, cloud):
    before = (FOLDER / stack / f"urns-{cloud}.txt").read_text()
    assert cloud_urns(stack, cloud) == before, "run `make golden`, and say so in the CHANGELOG"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_logical_name_above_the_regions_changes_unnoticed(cloud):
    before = (FOLDER / "front" / f"urns-{cloud}.txt").read_text()
    assert front_urns(cloud) == before, "run `make golden`, and say so in the CHANGELOG"


@EACH
def test_services_do_not_notice_the_cloud(stack, cloud):
    def services(found):
        return {each.name for each in found if each.type.startswith("manpasik:workloads:")}

    assert services(whole(stack, cloud)) == services(recorded(stack))


@EACH
def test_a_managed_store_takes_the_place_of_the_one_in_the_cluster(stack, cloud):
    types = {each.type for each in whole(stack, cloud)}
    assert types.isdisjoint(f"manpasik:data:{store}" for store in MANAGED), "decision 7"
    database = "manpasik:data:Sharded" if "-" in stack else f"manpasik:{cloud}:Database"
    assert {database, f"manpasik:{cloud}:Cache"} <= types, "R-P4-DB: a region's is its own"
    assert {"manpasik:data:Kafka", "manpasik:data:Milvus"} <= types


@EACH
def test_everything_in_the_cluster_waits_for_its_nodes(stack, cloud):
    found = whole(stack, cloud)
    (provider,) = [each for each in found if each.type == "pulumi:providers:kubernetes"]
    pools = {each.urn for each in found if each.type.endswith((":NodeGroup", ":NodePool"))}
    pools = {urn for urn in pools if "manpasik" in urn and urn.split("::")[2].count("$")}
    assert pools & provider.dependencies, "decision 5"


@EACH
def test_the_kubeconfig_holds_no_credential(stack, cloud):
    (provider,) = inputs(whole(stack, cloud), "pulumi:providers:kubernetes").values()
    assert '"exec"' in provider["kubeconfig"]
    assert not any(word in provider["kubeconfig"] for word in ("token:", "client-key", "password"))


@EACH
def test_no_output_that_nobody_knows_is_read(stack, cloud):
    text = repr(inputs(whole(stack, cloud), *types(stack, cloud)))
    assert "None" not in text
    assert "Output" not in text


def types(stack, cloud):
    return {each.type for each in whole(stack, cloud) if each.type.startswith(f"{cloud}:")}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_dev_server_is_one_machine_without_a_cluster(cloud):
    found = whole("dev", cloud, "server")
    kinds = {each.type for each in found}
    assert f"manpasik:{cloud}:DevServer" in kinds, "D-3"
    assert not any(kind.startswith("kubernetes:") or kind.endswith(":Cluster") for kind in kinds)
