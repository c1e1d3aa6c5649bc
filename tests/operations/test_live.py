"""Of a live object a plan sees what server-side apply would look at, and nothing else."""

import base64

from operations.live import applied_by, compared
from rendering.recorder import Secret
from tests.support.plans import of_open

PLANTED = "Planted/Secret+Number0001"


def deployment(managed=(), **spec):
    metadata = {"name": "one", "namespace": "n"}
    if managed:
        metadata["managedFields"] = [{"manager": m, "fieldsV1": f} for m, f in managed]
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def seen(found, declared):
    return compared(found, declared)["spec"]


def test_what_the_server_defaults_and_others_own_is_not_seen():
    scaler = ("kube-controller-manager", {"f:spec": {"f:replicas": {}}})
    found = deployment([scaler], replicas=7, paused=False, minReadySeconds=10)
    assert seen(found, deployment(minReadySeconds=5)) == {"minReadySeconds": 10}


def test_an_edit_by_hand_of_a_declared_field_is_seen():
    found = deployment([("kubectl-edit", {"f:spec": {"f:replicas": {}}})], replicas=7)
    assert seen(found, deployment(replicas=1)) == {"replicas": 7}


def test_a_field_that_left_the_program_is_seen_while_its_manager_owns_it():
    found = deployment([("mpk", {"f:spec": {"f:paused": {}}})], paused=True, other=1)
    assert seen(found, deployment()) == {"paused": True}


def test_items_of_others_in_a_named_list_are_not_seen():
    step = {"f:spec": {"f:env": {'k:{"name":"OLD"}': {"f:name": {}, "f:value": {}}}}}
    env = [{"name": name, "value": "1"} for name in ("INJECTED", "OLD", "OURS")]
    found = deployment([("mpk", step)], env=env)
    declared = deployment(env=[{"name": "OURS", "value": "2"}])
    assert [item["name"] for item in seen(found, declared)["env"]] == ["OLD", "OURS"]


def test_a_list_that_is_tracked_as_one_is_taken_whole_whatever_its_items_are_called():
    """`mpk rollback` emptied the `args` of a canary's analysis, and its controller refused it."""
    args = [{"name": "service", "value": "auth-service"}]
    found = deployment([("mpk", {"f:spec": {"f:args": {}}})], args=args)
    found["metadata"]["managedFields"][0]["operation"] = "Apply"
    assert applied_by(found, "mpk")["spec"] == {"args": args}


def test_a_default_inside_an_item_of_a_named_list_is_not_seen():
    found = deployment(ports=[{"name": "grpc", "port": 1, "protocol": "TCP"}])
    declared = deployment(ports=[{"name": "grpc", "port": 1}])
    assert seen(found, declared) == declared["spec"]


def test_a_declared_empty_list_that_the_server_does_not_keep_is_no_change():
    declared = deployment(volumes=[], strategy={})
    assert of_open([compared(deployment(), declared)], [declared]).empty


def test_a_live_secret_equals_the_declared_one_and_shows_nothing():
    metadata = {"name": "s", "namespace": "n"}
    encoded = base64.b64encode(PLANTED.encode()).decode()
    declared = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    found = {**declared, "data": {"a": encoded, "foreign": encoded}}
    declared = {**declared, "stringData": Secret({"a": PLANTED})}
    plan = of_open([compared(found, declared)], [declared])
    assert plan.empty
    assert not of_open(
        [compared(found, declared)], [{**declared, "stringData": Secret({"a": "x"})}]
    ).empty
