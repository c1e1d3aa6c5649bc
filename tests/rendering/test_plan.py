"""A plan names what a change touches, groups what is alike, and tells of dangers first."""

import copy

import pytest

from rendering.differences import dotted
from rendering.plan_groups import groups
from rendering.plan_text import as_text
from tests.support.plans import between, changed, objects, pair, with_stack


def only(plan):
    (found,) = plan.affected
    return found


def pod(**spec):
    return {"template": {"spec": spec}}


def edited(kind, name, edit):
    """The objects of dev before and after an edit of one of them."""
    new = copy.deepcopy(objects())
    (found,) = [o for o in new if o["kind"] == kind and o["metadata"]["name"] == name]
    edit(found)
    return between(objects(), new)


def test_the_same_objects_make_an_empty_plan():
    assert between(objects(), copy.deepcopy(objects())).empty


def test_one_service_s_change_names_that_service_alone():
    plan = between(objects(), with_stack(services={"shop-service": {"replicas": 3}}))
    found = {(each.action, each.kind): each for each in plan.affected}
    assert found.keys() == {("change", "Deployment"), ("create", "PodDisruptionBudget")}
    assert {each.name for each in plan.affected} == {"shop-service"}
    changes = found["change", "Deployment"].changes
    assert [dotted(change.path) for change in changes] == ["spec.replicas"]
    assert "spec.replicas: 1 → 3" in as_text(plan)
    assert "auth-service" not in as_text(plan)


def test_a_default_s_change_names_all_23_in_one_group():
    plan = between(objects(), with_stack(images={"tag": "v2"}))
    (group,) = [g for g in groups(plan) if any(".image" in f.path for f in g.fields)
                and g.members[0].kind == "Deployment"]  # fmt: skip
    assert len({member.name for member in group.members}) == 23
    text = as_text(plan)
    assert text.count("23 services: admin-service, ai-inference-service, ") == 1
    assert "[{name}].image: ghcr.io/manpasik/{name}:latest → ghcr.io/manpasik/{name}:v2" in text


def test_a_default_s_change_next_to_one_service_s_own_is_told_apart():
    new = with_stack(images={"tag": "v2"}, services={"shop-service": {"image_tag": "v3"}})
    text = as_text(between(objects(), new))
    assert "22 services: " in text
    assert "change 1 service: shop-service\n" in text
    assert "spec.template.spec.containers[shop-service].image: " in text


def test_a_new_object_is_created_and_one_that_left_is_deleted():
    fewer = [o for o in objects() if o["metadata"]["name"] != "video-service"]
    gone = between(objects(), fewer)
    come = between(fewer, objects())
    kinds = {"Deployment", "Service", "ServiceAccount"}
    assert {(each.action, each.kind) for each in gone.affected} == {("delete", k) for k in kinds}
    assert {(each.action, each.kind) for each in come.affected} == {("create", k) for k in kinds}


@pytest.mark.parametrize("field", ["env", "ports", "volumeMounts"])
def test_a_reordered_list_of_named_things_is_no_change(field):
    def turn(found):
        for container in found["spec"]["template"]["spec"]["containers"]:
            container[field] = container[field][::-1]

    assert edited("Deployment", "auth-service", turn).empty


def test_another_order_of_init_containers_is_a_change():
    old = pod(initContainers=[{"name": "a"}, {"name": "b"}])
    new = pod(initContainers=[{"name": "b"}, {"name": "a"}])
    (change,) = only(pair("Deployment", old, new)).changes
    assert dotted(change.path) == "spec.template.spec.initContainers.(order)"


def test_the_order_of_variables_counts_where_one_refers_to_another():
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]
    old, new = (pod(containers=[{"name": "c", "env": e}]) for e in (env, env[::-1]))
    assert len(only(pair("Deployment", old, new)).changes) == 1


def test_a_variable_s_change_is_told_by_its_name():
    old = pod(containers=[{"name": "c", "env": [{"name": "A", "value": "1"}]}])
    new = pod(containers=[{"name": "c", "env": [{"name": "Z"}, {"name": "A", "value": "2"}]}])
    paths = [dotted(change.path) for change in only(pair("Deployment", old, new)).changes]
    env = "spec.template.spec.containers[c].env"
    assert paths == [f"{env}[A].value", f"{env}[Z]"]


REPLACED = [
    ("Deployment", {"selector": {"matchLabels": {"a": "1"}}}),
    ("StatefulSet", {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}),
    ("StatefulSet", {"serviceName": "other"}),
    ("Job", {"template": {"spec": {}}}),
    ("Service", {"clusterIP": "None"}),
    ("PersistentVolumeClaim", {"storageClassName": "fast"}),
]


@pytest.mark.parametrize(
    ("kind", "spec"), REPLACED, ids=[f"{k}-{next(iter(s))}" for k, s in REPLACED]
)
def test_what_cannot_change_in_place_is_replaced(kind, spec):
    old, new = changed(kind, **spec)
    assert only(between([old], [new])).action == "replace"


def claim(size):
    return {"resources": {"requests": {"storage": size}}}


@pytest.mark.parametrize(
    ("old", "new", "action"),
    [("10Gi", "9Gi", "replace"), ("1Ti", "1T", "replace"), ("10Gi", "11Gi", "change"),
     ("900Mi", "1Gi", "change"), ("1G", "big", "replace")],
)  # fmt: skip
def test_a_claim_that_shrinks_is_replaced_and_one_that_grows_is_changed(old, new, action):
    assert only(pair("PersistentVolumeClaim", claim(old), claim(new))).action == action


def test_a_job_with_another_template_is_one_replacement_not_two_lines():
    new = with_stack(images={"tag": "v2"})
    jobs = [each for each in between(objects(), new).affected if each.kind == "Job"]
    assert {each.action for each in jobs} == {"replace"}
    assert all(each.renamed_from != each.name for each in jobs)


def test_the_dangerous_comes_first():
    new = with_stack(services={"shop-service": {"enabled": False}, "auth-service": {"cpu": "200m"}})
    new = [o for o in new if o["metadata"]["name"] != "redis"]
    plan = between(objects(), new)
    ranks = [min([each.rank, *(c.rank for c in each.changes)]) for each in plan.affected]
    assert ranks == sorted(ranks)
    assert (plan.affected[0].kind, plan.affected[0].action) == ("Secret", "delete")
    text = as_text(plan)
    assert text.index("delete 1 StatefulSet: redis") < text.index("resources.requests.cpu")


def secure(**security):
    return pod(containers=[{"name": "c", "securityContext": security}])


LOOSER = [
    (secure(runAsNonRoot=True), secure(runAsNonRoot=False)),
    (secure(readOnlyRootFilesystem=True), secure()),
    (secure(allowPrivilegeEscalation=False), secure()),
    (secure(allowPrivilegeEscalation=False), pod(containers=[{"name": "c"}])),
    (secure(), secure(privileged=True)),
    (secure(capabilities={"drop": ["ALL"]}), secure(capabilities={"drop": []})),
    (secure(), secure(capabilities={"add": ["SYS_ADMIN"]})),
    (secure(seccompProfile={"type": "RuntimeDefault"}), secure()),
    (pod(), pod(hostNetwork=True)),
    (pod(runAsUser=5), pod(runAsUser=0)),
    (pod(volumes=[]), pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}])),
    (pod(automountServiceAccountToken=False), pod()),
    (secure(), pod(containers=[{"name": "c", "securityContext": {}}, {"name": "new"}])),
]


@pytest.mark.parametrize(("old", "new"), LOOSER, ids=[str(n) for n in range(len(LOOSER))])
def test_a_loosened_rule_is_dangerous_and_a_tightened_one_is_not(old, new):
    loosened = only(pair("Deployment", old, new))
    assert loosened.dangerous
    assert any("loosens" in change.danger for change in loosened.changes)
    if old["template"]["spec"].get("containers", [{}])[0].get("securityContext"):
        assert not only(pair("Deployment", new, old)).dangerous


@pytest.mark.parametrize("level", ["baseline", "privileged", "misspelt", None])
def test_a_weaker_pod_security_label_is_told_as_loosened(level):
    label = "pod-security.kubernetes.io/enforce"

    def weaken(found):
        del found["metadata"]["labels"][label]
        found["metadata"]["labels"] |= {label: level} if level else {}

    (change,) = only(edited("Namespace", "manpasik", weaken)).changes
    assert change.danger == f"loosens {label}, holds other objects"


def test_a_new_object_that_may_more_than_ours_is_dangerous():
    _, new = changed("Deployment", **secure(privileged=True))
    assert only(between([], [new])).dangerous
    assert not only(between([], [changed("Deployment", **secure())[1]])).dangerous
