"""Which charts a cluster gets, pinned and in order (issue 5, acceptance 7; decision 6)."""

import datetime
import json
import re

import pytest

from components.charts.installed import VALUES
from settings import chart_names, chart_rules, names, platform
from settings.advisories import advisories
from settings.charts import Platform, ordered
from settings.consequences import consequences
from settings.stack import Stack
from tests.support.project import Project
from tests.support.spoils import drop, put
from tests.support.stacks import CATALOG
from tests.support.topologies import CLOUDS, above, place, region, settings

FILE = "catalog/charts.yaml"
MESH = {"istio-base", "istio-cni", "istiod", "istio-ingress"}
PLATFORM = {"cert-manager", "sealed-secrets", "kube-prometheus-stack"}
PHASES = {
    2: {"ingress-nginx", *PLATFORM},
    3: {"argo-rollouts", "argo-cd", *MESH, *PLATFORM},
}
NO_MESH = {"mesh": False, "strategy": "rolling"}
REGION = PHASES[3] - {"argo-cd"}
"""What a region has: nothing of it is in git (decision 0030)."""


def single(phase, cloud="aws"):
    return {"environment": "production", "phase": phase, "images": {"tag": "v1.0.0"},
            "cloud": {"provider": cloud, "region": place("kr", cloud)}}  # fmt: skip


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_phase_gets_its_charts_and_no_other(phase, cloud):
    assert set(platform.charts(settings(single(phase, cloud)))) == PHASES[phase]


def test_a_region_gets_the_operator_of_its_database_and_the_stack_above_gets_no_chart():
    plain = {"gitops": False}
    cockroach = region("kr", database={"engine": "cockroachdb"}, **plain)
    assert set(platform.charts(settings(region("kr", **plain)))) == {*REGION, "stackgres-operator"}
    assert set(platform.charts(settings(cockroach))) == {*REGION, "cockroachdb-operator"}
    assert platform.charts(settings(above())) == []


def test_a_cluster_that_somebody_else_made_gets_its_charts_when_its_stack_says_so():
    plain = {"environment": "staging"}
    assert platform.charts(settings(plain)) == []
    assert set(platform.charts(settings(plain | {"charts": {"enabled": True}}))) == PHASES[2]


def test_a_cluster_of_the_program_s_own_does_without_charts_when_its_stack_says_so():
    assert platform.charts(settings(single(3) | {"charts": {"enabled": False}})) == []


def test_what_another_s_cluster_must_have_is_said_with_its_version():
    said = " ".join(advisories(settings({"environment": "staging"}), [], datetime.date.min))
    (wanted,) = re.findall(r"the cluster must have ([^;]*); or let", said)
    assert sorted(wanted.split(", ")) == [
        f"{name} {CATALOG.charts[name].version}"
        for name in ("cert-manager", "ingress-nginx", "kube-prometheus-stack")
    ]
    assert "the cluster must have" not in " ".join(
        advisories(settings(single(3)), [], datetime.date.min)
    )


@pytest.mark.parametrize("data", [single(2), single(3), single(3) | NO_MESH, region("kr")])
def test_what_the_product_needs_is_among_what_is_installed(data):
    assert set(platform.needed(settings(data))) <= set(platform.charts(settings(data)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"environment": "dev"}, "dev has no platform nodes"),
        (above(), "the stack above the regions has no cluster"),
        ({"environment": "dev", "cloud": {"provider": "aws", "region": place("kr"),
          "kind": "server"}}, "one server runs no cluster"),
    ],
)  # fmt: skip
def test_charts_where_nothing_could_run_them_are_refused_by_their_key(data, message):
    stack = Stack.model_validate_json(json.dumps(data | {"charts": {"enabled": True}}))
    (found,) = chart_rules.problems(CATALOG, stack)
    assert found[0] == "charts.enabled"
    assert message in found[2]


@pytest.mark.parametrize(
    ("mirror", "sound"),
    [
        ("https://charts.example.org/platform", True),
        ("oci://registry.example.org/charts", True),
        ("http://127.0.0.1:5000/charts", True),
        ("oci://localhost:5000", True),
        ("http://charts.example.org", False),
        ("https://user:secret@charts.example.org", False),
        ("/srv/charts", False),
    ],
)
def test_a_mirror_is_reached_safely_and_its_login_stands_elsewhere(mirror, sound):
    def parse():
        return Platform.model_validate({"mirror": mirror})

    if sound:
        assert parse().mirror == mirror
    else:
        with pytest.raises(ValueError, match="should match pattern"):
            parse()


def test_a_mirror_of_charts_that_are_not_installed_is_refused():
    data = single(3) | {"charts": {"enabled": False, "mirror": "https://charts.example.org"}}
    (found,) = chart_rules.problems(CATALOG, Stack.model_validate_json(json.dumps(data)))
    assert found[0] == "charts.mirror"


def test_a_cluster_without_platform_nodes_gets_its_door_alone_and_no_monitor_of_a_kind_unknown():
    dev = settings(single(2) | {"environment": "dev", "images": {}})
    assert platform.charts(dev) == ["ingress-nginx"]
    watched = VALUES["ingress-nginx"](dev)["controller"]["metrics"]["serviceMonitor"]["enabled"]
    assert not watched
    assert "nodeSelector" not in VALUES["ingress-nginx"](dev)["controller"]


@pytest.mark.parametrize("data", [single(2), single(3), region("kr")])
def test_metrics_are_asked_for_where_the_chart_puts_them(data):
    """The Service is called `<fullnameOverride>-prometheus` by the chart's own templates."""
    chosen = settings(data)
    values = VALUES["kube-prometheus-stack"](chosen)
    service = f"{values['fullnameOverride']}-prometheus"
    space = chart_names.CHART_NAMESPACES["kube-prometheus-stack"]
    port = values["prometheus"]["service"]["port"]
    assert chosen.delivery.release.metrics == f"http://{names.host(service, space)}:{port}"


def test_a_chart_comes_after_those_it_waits_for():
    order = ordered(CATALOG.charts, set(CATALOG.charts))
    assert sorted(order) == sorted(CATALOG.charts)
    for name in order:
        assert all(order.index(before) < order.index(name) for before in CATALOG.charts[name].after)


@pytest.mark.parametrize("market", ["kr", "us", "eu", "jp"])
def test_each_region_has_a_trust_domain_of_its_own(market):
    mesh = VALUES["istiod"](settings(region(market)))["meshConfig"]
    assert mesh["trustDomain"] == f"{market}.mesh.manpasik.internal"


@pytest.mark.parametrize("data", [single(2), single(3, "gcp"), region("eu"), region("jp", "gcp")])
def test_every_part_asks_for_what_the_settings_say(data):
    chosen = settings(data)
    said = platform.parts(chosen)
    for chart in platform.charts(chosen):
        told = str(VALUES[chart](chosen))
        for name in set(platform.parts_of(chart)) & said.keys():
            assert f"'cpu': '{said[name].cpu}', 'memory': '{said[name].memory}'" in told, name


def placed(values):
    """Every mapping in values that says on which nodes something runs."""
    found = [values] if "nodeSelector" in values else []
    return found + [each for value in values.values() if isinstance(value, dict)
                    for each in placed(value)]  # fmt: skip


@pytest.mark.parametrize("data", [single(2), single(3, "gcp"), region("eu")])
def test_whoever_may_run_on_the_platform_s_nodes_may_also_pass_their_taint(data):
    chosen = settings(data)
    found = [each for c in platform.charts(chosen) for each in placed(VALUES[c](chosen))]
    assert len(found) > len(platform.charts(chosen))
    for each in found:
        assert each["nodeSelector"] == {names.POOL_LABEL: names.PLATFORM_POOL}
        assert [t["value"] for t in each["tolerations"]] == [names.PLATFORM_POOL]


@pytest.mark.parametrize(
    ("place_", "value", "message"),
    [
        ("istiod/version", "1.29", "has the wrong form"),
        ("argo-cd/version", ">=10.0.0", "has the wrong form"),
        ("argo-cd/digest", "", "has the wrong form"),
        ("argo-cd/repository", "http://example.org", "has the wrong form"),
        ("argo-cd/unverified", "nobody looked so far", "has a digest and says it has none"),
        ("istio-base/after", ["istio-ingress"], "waits for a chart that waits for it"),
        ("argo-cd/after", ["argo-events"], "is not allowed"),
    ],
)
def test_a_chart_that_is_not_pinned_or_not_in_order_is_refused(tmp_path, place_, value, message):
    project = Project.copied_to(tmp_path).spoil(put(FILE, place_, value))
    assert any(message in p.message and p.file == FILE for p in project.problems())


def test_a_chart_without_a_digest_and_without_a_reason_is_refused(tmp_path):
    def unpin(content):
        del content["argo-cd"]["digest"]

    project = Project.copied_to(tmp_path)
    project.edit(FILE, unpin)
    (found,) = project.problems()
    assert (found.key, found.message) == ("argo-cd.digest", "has no pin")


def test_a_chart_that_nobody_describes_is_refused(tmp_path):
    (found,) = Project.copied_to(tmp_path).spoil(drop(FILE, "istiod")).problems()
    assert (found.key, found.message) == ("istiod", "is missing")


def test_the_choice_of_cockroachdb_says_which_tables_leave_and_what_a_loss_costs():
    spans = region("kr", database={"engine": "cockroachdb", "spans": ["us", "jp"]})
    told = " / ".join(consequences(settings(spans)))
    assert "these tables leave kr for us, jp:" in told
    assert "cartridge.cartridge_types" in told
    assert "measurement.measurement_data" not in told, "health data stays by its super region"
    assert "the loss of kr loses writes" in told
    assert "3 regions within KR" in told
    assert list(consequences(settings(region("kr")))) == []
