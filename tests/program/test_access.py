"""Who may see and who may change what, as recorded (R-ENV-2)."""

import pytest

from tests.support.recording import STACKS, of_kind

pytestmark = pytest.mark.parametrize("stack", STACKS)

RIGHTS = {
    "local": {},
    "dev": {"developers": "change", "operations": "change", "qa": "see"},
    "staging": {"developers": "change", "operations": "change", "qa": "change"},
    "production": {"developers": "see", "operations": "change", "qa": "see"},
}
SPACES = {"manpasik", "manpasik-data", "manpasik-monitoring"}
# What leads to a Secret's value, into a container, or to more rights than one has.
NEVER = {
    "secrets", "pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers",
    "serviceaccounts", "serviceaccounts/token", "roles", "rolebindings", "clusterroles",
    "clusterrolebindings", "namespaces", "persistentvolumeclaims", "*",
}  # fmt: skip


def bound(stack, role):
    """The groups that are bound to a role, by namespace."""
    return {
        found["metadata"]["namespace"]: {subject["name"] for subject in found["subjects"]}
        for found in of_kind(stack, "RoleBinding")
        if found["roleRef"]["name"] == role
    }


def rules(stack):
    return [rule for role in of_kind(stack, "Role", "ClusterRole") for rule in role["rules"]]


def test_each_group_has_the_right_that_the_table_gives_it(stack):
    changing = bound(stack, "manpasik-change").get("manpasik", set())
    seeing = bound(stack, "view").get("manpasik", set())
    found = {group: "change" if group in changing else "see" for group in seeing | changing}
    assert found == RIGHTS[stack], f"R-ENV-2: {stack}"


def test_who_may_change_may_see_as_well(stack):
    for groups in bound(stack, "manpasik-change").values():
        assert groups <= bound(stack, "view")["manpasik"]


def test_production_is_changed_by_operations_alone(stack):
    changing = bound(stack, "manpasik-change")
    if stack == "production":
        assert changing == {"manpasik": {"operations"}}, "R-ENV-2: only operations"


def test_what_is_seen_is_seen_in_every_namespace_and_changed_in_one(stack):
    assert bound(stack, "view").keys() == (SPACES if RIGHTS[stack] else set())
    assert bound(stack, "manpasik-change").keys() == ({"manpasik"} if RIGHTS[stack] else set())


def test_only_groups_are_bound_and_only_within_a_namespace(stack):
    for binding in of_kind(stack, "RoleBinding"):
        assert {subject["kind"] for subject in binding["subjects"]} == {"Group"}
        assert {subject["name"] for subject in binding["subjects"]} <= RIGHTS[stack].keys()
    assert not of_kind(stack, "ClusterRoleBinding"), "a right over the whole cluster"


def test_a_binding_names_kubernetes_own_view_or_a_role_that_is_there(stack):
    own = {("Role", role["metadata"]["name"]) for role in of_kind(stack, "Role")}
    for binding in of_kind(stack, "RoleBinding"):
        role = binding["roleRef"]["kind"], binding["roleRef"]["name"]
        assert role in own | {("ClusterRole", "view")}, "admin and edit may read Secrets"


def test_nobody_may_read_a_secret_enter_a_container_or_give_rights(stack):
    for rule in rules(stack):
        assert not NEVER & set(rule["resources"]), rule
        assert not {"*", "escalate", "bind", "impersonate"} & set(rule["verbs"]), rule
        assert "*" not in rule["apiGroups"], rule


def test_what_may_be_changed_is_what_running_the_product_takes(stack):
    allowed = {(r, verb) for rule in rules(stack) for r in rule["resources"]
               for verb in rule["verbs"]}  # fmt: skip
    if not RIGHTS[stack]:
        assert allowed == set()
        return
    assert {("deployments", "patch"), ("deployments/scale", "patch")} <= allowed, "undo, scale"
    assert {("pods", "delete"), ("pods/eviction", "create"), ("jobs", "delete")} <= allowed
    assert not {("deployments", "delete"), ("deployments", "create")} & allowed, "by a release only"


def test_no_service_has_a_right_of_its_own(stack):
    subjects = [s for binding in of_kind(stack, "RoleBinding") for s in binding["subjects"]]
    assert not [each for each in subjects if each["kind"] == "ServiceAccount"]
