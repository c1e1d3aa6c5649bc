"""Which charts a cluster gets, pinned and in order (issue 5, acceptance 7; decision 6)."""

import pytest

from components.charts.installed import VALUES
from settings import platform
from settings.charts import ordered
from settings.consequences import consequences
from tests.support.project import Project
from tests.support.spoils import drop, put
from tests.support.stacks import CATALOG
from tests.support.topologies import CLOUDS, above, place, region, settings

FILE = "catalog/charts.yaml"
PHASES = {
    2: {"ingress-nginx", "cert-manager", "sealed-secrets", "kube-prometheus-stack"},
    3: {"istio-base", "istiod", "istio-ingress", "argo-rollouts", "argo-cd", "cert-manager",
        "sealed-secrets", "kube-prometheus-stack"},
}  # fmt: skip


def single(phase, cloud="aws"):
    return {"environment": "production", "phase": phase, "images": {"tag": "v1.0.0"},
            "cloud": {"provider": cloud, "region": place("kr", cloud)}}  # fmt: skip


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_phase_gets_its_charts_and_no_other(phase, cloud):
    assert set(platform.charts(settings(single(phase, cloud)))) == PHASES[phase]


def test_a_region_gets_the_operator_of_its_database_and_the_stack_above_gets_no_chart():
    cockroach = region("kr", database={"engine": "cockroachdb"})
    assert set(platform.charts(settings(region("kr")))) == {*PHASES[3], "stackgres-operator"}
    assert set(platform.charts(settings(cockroach))) == {*PHASES[3], "cockroachdb-operator"}
    assert platform.charts(settings(above())) == []
    assert platform.charts(settings({"environment": "dev"})) == []


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
def test_every_part_asks_for_what_the_settings_say_on_the_platforms_nodes(data):
    chosen = settings(data)
    for chart in platform.charts(chosen):
        values = VALUES[chart](chosen)
        for name in platform.parts_of(chart):
            told = str(values)
            assert platform.part(chosen, name).memory in told or chart == "cockroachdb-operator"


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
