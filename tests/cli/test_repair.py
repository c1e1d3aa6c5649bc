"""What a killed update was creating is looked for, and nobody edits state (pitfall A-6)."""

from cli.repair import repaired

URN = "urn:pulumi:dev::manpasik::{type}::{name}"


def resource(kind="aws:iam/role:Role", name="role", **more):
    return {"urn": URN.format(type=kind, name=name), "type": kind, "inputs": {}} | more


def pending(each, kind="creating"):
    return {"type": kind, "resource": each}


def test_a_state_without_pending_operations_is_left_alone():
    assert repaired({"resources": [resource()]}) is None


def test_what_the_cloud_knows_by_its_name_is_taken_for_there_and_then_read():
    mended = repaired({"pending_operations": [pending(resource(inputs={"name": "auth"}))]})
    assert mended
    (role,) = mended.state["resources"]
    assert role["id"] == "auth"
    assert role["outputs"] == {"name": "auth"}
    assert mended.state["pending_operations"] == []
    assert mended.unknown == []


def test_an_object_of_a_cluster_is_known_by_namespace_and_name():
    inputs = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "n"}}
    mended = repaired(
        {"pending_operations": [pending(resource("kubernetes:core/v1:Service", inputs=inputs))]}
    )
    assert mended
    assert mended.state["resources"][0]["id"] == "n/a"


def test_what_a_cloud_names_itself_is_told_by_its_urn():
    vpc = resource("aws:ec2/vpc:Vpc", "vpc", inputs={"cidrBlock": "10.0.0.0/16"})
    mended = repaired({"pending_operations": [pending(vpc)]})
    assert mended
    assert mended.unknown == [vpc["urn"]]
    assert mended.state["resources"] == []


def test_a_name_that_is_not_known_yet_is_no_identity():
    addon = resource("aws:eks/addon:Addon", inputs={"addonName": "cni", "clusterName": {"x": 1}})
    mended = repaired({"pending_operations": [pending(addon)]})
    assert mended
    assert mended.unknown == [addon["urn"]]


def test_of_a_replacement_the_new_one_stands_first_and_the_old_one_waits_to_be_deleted():
    """Otherwise two of one URN are both alive, and the engine refuses its own state."""
    old, other = resource(id="old", inputs={"name": "old"}), resource(name="other")
    new = resource(inputs={"name": "new"})
    mended = repaired({"resources": [old, other], "pending_operations": [pending(new)]})
    assert mended
    assert [each.get("id") for each in mended.state["resources"]] == ["new", None, "old"]
    assert mended.state["resources"][-1]["delete"]


def test_what_was_being_changed_or_deleted_stays_pending_for_the_refresh():
    state = {
        "pending_operations": [pending(resource(), "updating"), pending(resource(), "deleting")]
    }
    mended = repaired(state)
    assert mended
    assert [each["type"] for each in mended.state["pending_operations"]] == ["updating", "deleting"]
