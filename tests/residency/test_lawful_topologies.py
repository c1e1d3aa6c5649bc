"""Stacks that keep people's data where it may be: each is accepted (issue 5, acceptance 5)."""

import itertools

import pytest

from settings import residency_rules
from tests.support.topologies import (
    CLOUDS,
    MARKETS,
    above,
    inside,
    outside,
    place,
    refusals,
    region,
    settings,
)

BOTH = list(itertools.product(MARKETS, CLOUDS))
ASSETS = ["/assets/*", "/canvaskit/*", "/icons/*", "/fonts/*.woff2", "/*.js", "/main.dart.js"]


def row(data, *held, id):  # noqa: A002 - as pytest calls it
    return pytest.param(data, held, id=id.replace(" ", "-"))


PLAIN = [row(region(m, c), id=f"{m} on {c}") for m, c in BOTH] + [
    row(above(c), id=f"the stack above on {c}") for c in CLOUDS
]
BACKUPS = [
    row(
        region(m, c, backups={"location": at, "copies": inside(m, c)[-1:]}),
        id=f"{m} backup in {at}",
    )
    for m, c in BOTH
    for at in inside(m, c)
]
LOGS = [
    row(region(m, c, logs={"location": at}), id=f"{m} logs in {at}")
    for m, c in BOTH
    for at in inside(m, c)[:3]
]
STORES = [
    row(region(m, variables={name: host.format(at)}), id=f"{m} {name} in {at}")
    for m in MARKETS
    for at in inside(m, "aws")[:2]
    for name, host in (
        ("DB_HOST", "db.c1.{}.rds.amazonaws.com"),
        ("REDIS_HOST", "cache.{}.example.com"),
        ("KAFKA_BROKERS", "b-1.{}.example.com:9092"),
    )
]
HERE = [
    row(region("kr", variables={"REDIS_HOST": "redis.manpasik-data.svc.cluster.local"}),
        id="a store of the cluster itself"),
    row(region("us"), "LLM_API_KEY", id="a language model in the country"),
    row(region("kr", variables={"LLM_BASE_URL": "https://llm.ap-northeast-2.example.com/v1"}),
        "LLM_API_KEY", id="a language model at home"),
    row(region("kr"), "TOSS_SECRET_KEY", id="payments at home"),
    row(region("eu", transfers=[{"data": "personal", "to": to, "basis": "consent"}
                                for to in ("KR", "US")]),
        id="an exception for personal data"),
]  # fmt: skip
ABOVE = [
    row(above("aws", "us", "us-west", routing={"failover": {"us": ["us-west"], "us-west": ["us"]}}),
        id="a failover within the US"),
    row(above("gcp", "eu", "eu-west", routing={"failover": {"eu": ["eu-west"]}}),
        id="a failover within the Union"),
    row(above("aws", "jp", "jp-west", routing={"failover": {"jp": ["jp-west"]}}),
        id="a failover within Japan"),
    row(above(edge={"behaviours": {"/api/*": {"origin": "api"}}}), id="the API not kept"),
    *[row(above(edge={"behaviours": {path: {"seconds": 86400}}}), id=f"the CDN on {path}")
      for path in ASSETS],
    *[row(above(c, edge={"logs": {m: inside(m, c)[-1]}}), id=f"CDN logs of {m} on {c}")
      for m, c in BOTH],
]  # fmt: skip
COCKROACH = [
    row(region(m, database={"engine": "cockroachdb", "spans": [x for x in MARKETS if x != m]}),
        id=f"{m} at home in a database that spans the world")
    for m in MARKETS
] + [
    row(region(m, database={"engine": "cockroachdb", "domiciled": False, "spans": [other]}),
        id=f"rows of {m} anywhere within its country")
    for m, other in (("us", "us-west"), ("eu", "eu-west"), ("jp", "jp-west"))
]  # fmt: skip
NOBODY = [
    row({"environment": "staging", "cloud": {"provider": c, "region": place("kr", c)},
         "backups": {"location": at}, "logs": {"location": at}}, id=f"staging data in {at}")
    for c in CLOUDS
    for at in outside("kr", c)[::6]
]  # fmt: skip
LAWFUL = [*PLAIN, *BACKUPS, *LOGS, *STORES, *HERE, *ABOVE, *COCKROACH, *NOBODY]


def test_there_are_at_least_a_hundred_lawful_topologies_and_no_two_alike():
    assert len(LAWFUL) >= 100
    assert len({case.id for case in LAWFUL}) == len(LAWFUL)


@pytest.mark.parametrize(("data", "held"), LAWFUL)
def test_what_keeps_data_in_its_country_is_accepted(data, held):
    assert refusals(data, *held) == []


def test_two_stacks_of_one_market_may_share_a_store():
    address = {"REDIS_HOST": f"redis.{place('us')}.cache.example.com"}
    west = region("us-west", variables=address)
    both = [settings(region("us", variables=address), "a"), settings(west, "b")]
    assert list(residency_rules.shared(both)) == []
