"""Stacks that would take people's data out of their country: each is refused by its rule (D-10).

Issue 5, acceptance 5. Every row is a stack file as somebody could write it, and the topology that
is judged is derived from it; the refusal names the rule and the setting.
"""

import itertools

import pytest

from settings import residency_rules
from tests.support.topologies import (
    CLOUDS,
    MARKETS,
    above,
    outside,
    place,
    refusals,
    region,
    settings,
)

PAIRS = list(itertools.permutations(MARKETS, 2))
ENDPOINTS = {
    "DB_HOST": ("RES-02", "manpasik.c1.{}.rds.amazonaws.com"),
    "REDIS_HOST": ("RES-02", "master.manpasik.{}.cache.example.com"),
    "KAFKA_BROKERS": ("RES-05", "b-1.{}.example.com:9092"),
    "ELASTICSEARCH_URL": ("RES-02", "https://search.{}.es.amazonaws.com"),
    "MILVUS_HOST": ("RES-02", "milvus.{}.example.com"),
}
CACHED = ["/api/*", "/api", "/api/v1/measurements*", "/api/v1/health-records/?", "/*", "/a*",
          "/ap?/*", "/*/v1/*", "/api/v1/users/*.json"]  # fmt: skip


def row(rule, key, data, *held, id):  # noqa: A002 - as pytest calls it
    return pytest.param(rule, key, data, held, id=f"{rule} {id}".replace(" ", "-"))


HOMES = [
    row("RES-01", "cloud.region",
        region(market, cloud, cloud={"provider": cloud, "region": place(other, cloud)}),
        id=f"{market} in {place(other, cloud)}")
    for (market, other), cloud in itertools.product(PAIRS, CLOUDS)
]  # fmt: skip
BACKUPS = [
    row("RES-03", "backups.location", region(market, cloud, backups={"location": at}),
        id=f"backup of {market} in {at}")
    for market, cloud in itertools.product(MARKETS, CLOUDS)
    for at in outside(market, cloud)[::7] if at != "global"
]  # fmt: skip
COPIES = [
    row("RES-03", "backups.copies.1",
        region(market, backups={"copies": [place(market), place(other)]}),
        id=f"copy of {market} in {other}")
    for market, other in PAIRS
]  # fmt: skip
LOGS = [
    row("RES-06", "logs.location", region(market, logs={"location": place(other)}),
        id=f"logs of {market} in {other}")
    for market, other in PAIRS if market == "kr" or other != "kr"
]  # fmt: skip
STORES = [
    row(rule, f"variables.{name}", region(market, variables={name: host.format(place(other))}),
        id=f"{name} of {market} in {other}")
    for (name, (rule, host)), (market, other) in itertools.product(ENDPOINTS.items(), PAIRS[::4])
]  # fmt: skip
UNKNOWN = [
    row("RES-10", "variables.REDIS_HOST", region("kr", variables={"REDIS_HOST": "redis.shared.io"}),
        id="a Redis somewhere"),
    row("RES-10", "variables.DB_HOST", region("eu", variables={"DB_HOST": "10.9.8.7"}),
        id="a database behind an address"),
    row("RES-10", "backups.location", region("kr", "gcp", backups={"location": "global"}),
        id="a bucket anywhere"),
    row("RES-10", "logs.location", region("jp", logs={"location": "moon-1"}), id="moon logs"),
    row("RES-10", "variables.LLM_BASE_URL",
        region("us", variables={"LLM_BASE_URL": "https://llm.example.com/v1"}),
        id="a language model nobody knows"),
]  # fmt: skip
FAILOVERS = [
    row("RES-09", f"routing.failover.{market}.0",
        above(cloud, routing={"failover": {market: [other]}}),
        id=f"{market} fails over to {other} on {cloud}")
    for (market, other), cloud in itertools.product(PAIRS, CLOUDS)
]  # fmt: skip
CACHES = [
    row("RES-08", f"edge.behaviours.{path}", above(edge={"behaviours": {path: {"seconds": 60}}}),
        id=f"the CDN on {path}")
    for path in CACHED
] + [
    row("RES-08", "edge.behaviours./fhir/*",
        above("gcp", edge={"behaviours": {"/fhir/*": {"origin": "api", "seconds": 1}}}),
        id="an answer of the API under another name"),
]  # fmt: skip
EDGE_LOGS = [
    row("RES-06", f"edge.logs.{market}", above(cloud, edge={"logs": {market: place(other, cloud)}}),
        id=f"CDN logs of {market} in {place(other, cloud)}")
    for (market, other), cloud in itertools.product(PAIRS, CLOUDS)
]  # fmt: skip
PROCESSORS = [
    row("RES-11", "variables.LLM_BASE_URL", region(market), "LLM_API_KEY",
        id=f"a language model for {market} in the US")
    for market in ("kr", "eu", "jp")
] + [
    row("RES-11", "variables.TOSS_API_URL", region(market, transfers=[]),
        id=f"payments of {market} in Korea, unsaid")
    for market in ("us", "eu", "jp")
]  # fmt: skip
COCKROACH = [
    row("RES-04", f"database.{key}",
        region(market, database={"engine": "cockroachdb", "spans": spans, **how}),
        id=f"rows of {market} over {len(spans) + 1} regions, {key}")
    for market in MARKETS
    for spans in ([m for m in MARKETS if m != market], [m for m in MARKETS if m != market][:1])
    for key, how in (("domiciled", {"domiciled": False}), ("survive", {"survive": "region"}))
]  # fmt: skip
WAIVERS = [
    row("RES-12", "transfers.0.data",
        region(market, transfers=[{"data": "health", "to": to, "basis": basis}]),
        id=f"health data of {market} to {to} by {basis}")
    for market, to, basis in (
        ("kr", "US", "consent"), ("eu", "US", "adequacy"), ("jp", "KR", "contract"),
    )
]  # fmt: skip
HOSTILE = [
    *HOMES, *BACKUPS, *COPIES, *LOGS, *STORES, *UNKNOWN, *FAILOVERS, *CACHES, *EDGE_LOGS,
    *PROCESSORS, *COCKROACH, *WAIVERS,
]  # fmt: skip


def test_there_are_at_least_a_hundred_hostile_topologies_and_no_two_alike():
    assert len(HOSTILE) >= 100
    assert len({case.id for case in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize(("rule", "key", "data", "held"), HOSTILE)
def test_what_takes_data_out_of_its_country_is_refused_by_its_rule_and_setting(
    rule, key, data, held
):
    found = {(f"({rule})" in problem.message, problem.key) for problem in refusals(data, *held)}
    assert (True, f"manpasik:stack.{key}") in found


def test_a_store_that_two_markets_reach_by_one_address_is_refused_in_both():
    address = {"REDIS_HOST": f"redis.{place('kr')}.cache.example.com"}
    stacks = [settings(region(m, variables=address), f"production-{m}") for m in ("kr", "us")]
    found = list(residency_rules.shared(stacks))
    assert [problem.file for problem in found] == [
        "Pulumi.production-kr.yaml", "Pulumi.production-us.yaml",
    ]  # fmt: skip
    assert all("health data of KR and US together (RES-07)" in each.message for each in found)


def test_every_rule_that_a_stack_file_can_break_is_broken_by_some_row():
    rows = {case.values[0] for case in HOSTILE} | {"RES-07"}
    assert rows == {f"RES-{number:02}" for number in range(1, 13)}
