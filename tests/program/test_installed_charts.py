"""The charts of a cluster, as the program installs them (decisions 6 and 0036, issue 5)."""

import pytest

from components.charts.entry import BALANCER
from rendering import manifests
from rendering.recorder import reveal
from settings import chart_names, names, platform
from tests.support.clouds import CLOUDS, on, whole
from tests.support.recording import STACKS, recorded

BRINGS = {
    "argoproj.io": "argo-rollouts",
    "cert-manager.io": "cert-manager",
    "monitoring.coreos.com": "kube-prometheus-stack",
    "networking.istio.io": "istiod",
    "security.istio.io": "istiod",
    "telemetry.istio.io": "istiod",
}
"""Which chart brings a group's kinds; the mesh's webhook judges its own, so the kinds alone are
not enough."""
MADE = (("staging", "aws"), ("production-kr", "aws"), ("production-kr", "gcp"))
"""Of each phase one: a recording is dear."""


def releases(stack, cloud):
    return {r.name: r for r in whole(stack, cloud) if r.type.endswith("helm.sh/v3:Release")}


def before(found, urn):
    """Everything that must be there before a resource."""
    by_urn = {each.urn: each for each in found}
    waiting, seen = [urn], set()
    while waiting:
        new = by_urn[waiting.pop()].dependencies & by_urn.keys() - seen
        seen |= new
        waiting += new
    return {by_urn[each].name for each in seen}


@pytest.mark.parametrize(("stack", "cloud"), MADE)
def test_a_cluster_of_the_program_s_own_gets_its_charts_from_archives_beside_it(stack, cloud):
    settings = on(stack, cloud)
    made = releases(stack, cloud)
    assert list(platform.charts(settings)) == sorted(made, key=platform.charts(settings).index)
    for name, release in made.items():
        chart = settings.catalog.charts[name]
        assert release.inputs["chart"] == f"./.charts/{chart.archive(name)}"
        assert release.inputs["version"] == chart.version
        assert release.inputs["description"] == chart.pin
        assert "repositoryOpts" not in release.inputs, "it would be fetched again, not compared"


@pytest.mark.parametrize("stack", STACKS)
def test_a_committed_stack_on_another_s_cluster_installs_none(stack):
    assert not [each for each in recorded(stack) if "helm.sh" in each.type]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_a_chart_s_kinds_and_webhooks_are_for_waits_for_the_chart(cloud):
    found = whole("production-kr", cloud)
    asked = set()
    for each in manifests(found):
        group = each.content["apiVersion"].partition("/")[0]
        if group in BRINGS:
            asked.add(group)
            assert BRINGS[group] in before(found, each.urn), f"{each.kind} {each.name}"
    assert asked == BRINGS.keys()


@pytest.mark.parametrize(("stack", "cloud"), MADE)
def test_nothing_of_the_product_is_made_before_the_charts_are_up(stack, cloud):
    found = whole(stack, cloud)
    wanted = set(releases(stack, cloud))
    for each in manifests(found):
        if each.namespace in names.NAMESPACES:
            assert wanted <= before(found, each.urn), f"{each.kind} {each.name}"


@pytest.mark.parametrize(("stack", "cloud"), MADE)
def test_a_chart_waits_for_its_namespace_for_ranks_and_for_the_class_of_volumes(stack, cloud):
    found = whole(stack, cloud)
    for name, release in releases(stack, cloud).items():
        space = chart_names.CHART_NAMESPACES[name]
        wanted = {f"{space}-namespace", "volumes-class", "standard-priority"}
        assert wanted <= before(found, release.urn)


@pytest.mark.parametrize(("stack", "cloud"), MADE)
def test_no_object_is_made_twice(stack, cloud):
    """A namespace of a chart may be another component's too: the second create is refused."""
    found = [(m.kind, m.namespace, m.name) for m in manifests(whole(stack, cloud))]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_only_what_must_look_into_a_node_may(cloud):
    found = [m for m in manifests(whole("production-kr", cloud)) if m.kind == "Namespace"]
    level = "pod-security.kubernetes.io/enforce"
    enforced = {m.name: m.content["metadata"]["labels"][level] for m in found}
    assert {n for n, told in enforced.items() if told == "privileged"} == {
        chart_names.METRICS_NAMESPACE,
        chart_names.CHART_NAMESPACES["istio-cni"],
    }
    assert enforced[names.MESH_NAMESPACE] == "baseline"
    assert "" not in enforced.values()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_region_s_door_stands_at_the_addresses_that_it_tells_the_stack_above(cloud):
    values = reveal(releases("production-kr", cloud)["istio-ingress"].inputs["values"])["service"]
    if cloud == "aws":
        key = "service.beta.kubernetes.io/aws-load-balancer-eip-allocations"
        told = values["annotations"].pop(key)
        assert told == ",".join(f"eipalloc-entrance-{index}" for index in range(3))
    else:
        assert values["loadBalancerIP"]
    assert values["annotations"] == BALANCER[cloud]


def test_a_door_that_is_no_region_s_takes_any_address():
    values = releases("staging", "aws")["ingress-nginx"].inputs["values"]
    assert values["controller"]["service"]["annotations"] == BALANCER["aws"]
