"""What must hold of everything that is rendered, whatever it is."""

from collections import Counter

import pytest

from rendering.recorder import Secret
from tests.support.recording import (
    STACKS,
    containers,
    environment,
    objects,
    of_kind,
    one,
    pod_templates,
    recorded,
)

pytestmark = pytest.mark.parametrize("stack", STACKS)


def test_a_service_rolls_by_one_without_losing_one(stack):
    for deployment in of_kind(stack, "Deployment"):
        spec = deployment["spec"]
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        assert spec["strategy"] == rolling, "R-P2-ROLL"
        assert spec["minReadySeconds"] == 10, "R-P2-ROLL"


def test_no_pod_runs_as_root_or_can_become_it(stack):
    for name, template in pod_templates(stack):
        security = template["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in containers(template):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name


def test_the_product_s_own_containers_cannot_write_their_root(stack):
    for deployment in of_kind(stack, "Deployment"):
        for container in containers(deployment["spec"]["template"]):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, "SEC-02"


def test_no_pod_gets_a_token_or_the_addresses_of_other_services(stack):
    for name, template in pod_templates(stack):
        assert template["spec"]["automountServiceAccountToken"] is False, name
        assert template["spec"]["enableServiceLinks"] is False, f"ENV-11: {name}"


def test_every_container_asks_for_resources_and_is_limited(stack):
    for name, template in pod_templates(stack):
        for container in containers(template):
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert "memory" in container["resources"]["limits"], f"OBS-05: {name}"


def test_every_service_and_store_is_probed(stack):
    for found in of_kind(stack, "Deployment", "StatefulSet"):
        for container in found["spec"]["template"]["spec"]["containers"]:
            assert {"startupProbe", "readinessProbe"} <= container.keys(), container["name"]


def test_a_leaving_pod_serves_until_everybody_knows(stack):
    for deployment in of_kind(stack, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        drain = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert drain >= (15 if container["name"] == "gateway" else 5), "MISC-01"
        shutdown = int(
            one(stack, "ConfigMap", "manpasik-config")["data"]["SHUTDOWN_TIMEOUT_SECONDS"]
        )
        assert spec["terminationGracePeriodSeconds"] > drain + shutdown, "killed while draining"


def test_replicas_spread_over_zones_and_nodes(stack):
    for deployment in of_kind(stack, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        keys = [rule["topologyKey"] for rule in spec["topologySpreadConstraints"]]
        assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]


def test_every_selector_selects_its_own_pods_and_no_others(stack):
    templates = [(name, t["metadata"]["labels"]) for name, t in pod_templates(stack)]
    for service in of_kind(stack, "Service"):
        wanted = service["spec"]["selector"].items()
        chosen = [name for name, labels in templates if wanted <= labels.items()]
        assert [name.split()[1] for name in chosen] == [service["metadata"]["name"]]


def test_selectors_hold_nothing_that_may_ever_change(stack):
    for found in of_kind(stack, "Deployment", "StatefulSet"):
        assert found["spec"]["selector"]["matchLabels"].keys() == {"app.kubernetes.io/name"}, (
            "KUST-05"
        )


def test_every_reference_to_a_configmap_secret_or_account_resolves(stack):
    for name, template in pod_templates(stack):
        space = "manpasik-data" if name.split()[1] in _data_pods(stack) else "manpasik"
        for container in containers(template):
            for variable in environment(container).values():
                for kind, reference in _references(variable):
                    held = _held(stack, kind, reference["name"], space)
                    assert reference["key"] in held, f"{name} misses {reference}"


def test_every_named_service_account_exists(stack):
    accounts = {
        (found["metadata"]["namespace"], found["metadata"]["name"])
        for found in of_kind(stack, "ServiceAccount")
    }
    for found in of_kind(stack, "Deployment", "StatefulSet", "Job"):
        named = found["spec"]["template"]["spec"].get("serviceAccountName")
        assert named is None or (found["metadata"]["namespace"], named) in accounts


def test_every_object_belongs_to_a_component(stack):
    for resource in recorded(stack):
        if resource.type.startswith("kubernetes:"):
            assert "manpasik:" in resource.parent, resource.urn


def test_every_component_type_has_three_parts(stack):
    types = {r.type for r in recorded(stack) if not r.type.startswith(("kubernetes:", "pulumi:"))}
    assert all(name.startswith("manpasik:") and name.count(":") == 2 for name in types)


def test_every_value_of_every_secret_is_marked_secret(stack):
    for resource in recorded(stack):
        if resource.type == "kubernetes:core/v1:Secret":
            assert isinstance(resource.inputs["stringData"], Secret), resource.name


def test_quantities_are_canonical_and_no_field_holds_a_zero_default(stack):
    for name, template in pod_templates(stack):
        for container in containers(template):
            for amounts in container["resources"].values():
                assert not any(amount.endswith("000m") for amount in amounts.values()), "W-4"
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert 0 not in container.get(probe, {}).values(), f"W-4: {name}"


def test_no_two_objects_share_a_name(stack):
    names = Counter(
        (found["kind"], found["metadata"].get("namespace"), found["metadata"]["name"])
        for found in objects(stack)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_the_gateway_is_not_public_by_itself(stack):
    for service in of_kind(stack, "Service"):
        assert service["spec"].get("type", "ClusterIP") == "ClusterIP", "ING-04"


def test_restricted_pod_security_is_enforced_in_every_namespace(stack):
    for namespace in of_kind(stack, "Namespace"):
        label = namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        assert label == "restricted"


def _data_pods(stack):
    spaces = of_kind(stack, "StatefulSet", "Job")
    return {
        found["metadata"]["name"]
        for found in spaces
        if found["metadata"]["namespace"] == "manpasik-data"
    }


def _references(variable):
    source = variable.get("valueFrom", {})
    if "secretKeyRef" in source:
        yield "Secret", source["secretKeyRef"]
    if "configMapKeyRef" in source:
        yield "ConfigMap", source["configMapKeyRef"]


def _held(stack, kind, name, namespace):
    found = one(stack, kind, name)
    assert found["metadata"]["namespace"] == namespace
    return found["data"] if kind == "ConfigMap" else found["stringData"]
