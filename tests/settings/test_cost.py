"""What stacks cost, from list prices with their day and source (issue 5, acceptance 8)."""

import pytest

from rendering.recorder import reveal
from settings.cost import bill
from settings.loader import ROOT, load_catalog
from tests.support.clouds import above_regions
from tests.support.topologies import above, place, region, settings

STAGING = {"environment": "staging", "cloud": {"provider": "aws", "region": place("kr")}}


def lines(data):
    return {item.what: item for item in bill(settings(data)).items}


def test_the_nodes_of_the_specification_cost_their_count_times_the_list():
    assert lines(STAGING)["service nodes"].price == "c6i.xlarge"
    assert lines(STAGING)["service nodes"].monthly == round(3 * 0.192 * 730, 2)
    assert lines(region("us"))["service nodes"].monthly == round(20 * 0.768 * 730, 2)
    assert lines(region("jp"))["service nodes' disks"].quantity == 20 * 1000


def test_google_is_paid_by_cpu_and_gb():
    found = lines(region("eu", "gcp"))
    assert found["service nodes, CPUs"].quantity == 20 * 16
    assert found["service nodes, memory"].monthly == round(20 * 64 * 0.005458 * 730, 2)


def test_a_managed_database_is_paid_in_each_of_its_zones_and_not_beside_citus():
    single = {**STAGING, "environment": "production", "images": {"tag": "v1.0.0"}}
    assert lines(single)["database"].quantity == 2
    assert "database" not in lines(region("kr"))


def test_the_cdn_is_paid_at_the_traffic_that_the_stack_states():
    few, many = (
        bill(settings(above(edge={"traffic_gb_a_month": gb}))).monthly for gb in (1000, 9000)
    )
    assert round(many - few, 2) == round(8000 / 4 * (0.12 + 0.085 + 0.085 + 0.114), 2)


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
@pytest.mark.parametrize("market", ["kr", "us", "eu", "jp"])
def test_every_line_of_every_region_has_a_price(market, cloud):
    for data in (region(market, cloud), above(cloud)):
        found = bill(settings(data))
        assert found.without_price == []
        assert found.as_of == {"aws": "2024-07-01", "gcp": "2025-03-02"}[cloud]


def test_a_place_without_a_price_is_named_and_not_taken_for_free():
    west = {**STAGING, "cloud": {"provider": "aws", "region": "us-west-2"}}
    assert "service nodes: c6i.xlarge in us-west-2" in bill(settings(west)).without_price


def test_a_stack_without_a_cloud_rents_nothing():
    assert bill(settings({"environment": "dev"})).items == ()


def test_every_price_says_its_day_and_its_source():
    text = (ROOT / "catalog/prices.yaml").read_text()
    priced = [line for line in text.splitlines() if "usd:" in line]
    assert priced
    assert all("as_of:" in line and "source:" in line for line in priced)


def test_a_price_is_from_knowledge_unless_it_was_read_in_its_list():
    found = bill(settings(region("kr")))
    assert found.from_knowledge == ["aws-balancer", "aws-disk", "aws-nat", "cache.m6g.large"]
    assert bill(settings(region("us"))).from_knowledge == ["cache.m6g.large"], "read there alone"
    on_google = bill(settings(region("kr", "gcp"))).from_knowledge
    assert on_google == ["gcp-balancer", "gcp-cache-gb", "gcp-cluster", "gcp-nat"]


def test_what_a_bill_counts_as_one_is_what_the_program_makes():
    """A firewall is priced with its rules, a health check with what it looks at."""
    made = reveal_of(above_regions("aws"), "aws:wafv2/webAcl:WebAcl", "firewall-kr-rules")
    prices = load_catalog().prices
    assert prices["aws-firewall"].usd["any"] == 5 + len(made["rules"])
    probe = reveal_of(above_regions("aws"), "aws:route53/healthCheck:HealthCheck")
    extras = [probe["type"] == "HTTPS", probe["requestInterval"] == 10, probe["measureLatency"]]
    assert prices["aws-health-check"].usd["any"] == 0.5 + sum(extras)


def reveal_of(made, kind, name=""):
    return reveal(next(r for r in made if r.type == kind and name in r.name).inputs)
