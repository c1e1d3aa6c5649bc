"""What the stack above the regions may not say (issue 5, line 7)."""

import json

import pytest

from settings.region_rules import problems
from settings.stack import Stack
from tests.support.stacks import CATALOG
from tests.support.topologies import above

TWICE = {
    "routing": {"failover": {"us": ["us-west", "eu"]}},
    "regions": ["us", "us-west", "eu"],
}
ROWS = [
    ("aws", {"edge": {"host": "app.example.com"}}, "edge.host", "outside of the zone manpasik.com"),
    ("gcp", {"host": "api.example.com"}, "host", "outside of the zone manpasik.com"),
    ("aws", {"routing": {"zone": "other.org"}}, "edge.host", "outside of the zone other.org"),
    ("aws", {"routing": {"accelerator": True}}, "routing.accelerator", "whoever calls"),
    ("gcp", {"routing": {"accelerator": True, "by": "latency"}}, "routing.accelerator", "Amazon's"),
    ("gcp", {"edge": {"behaviours": {"/*.js": {"seconds": 60}}}}, "edge.behaviours./*.js",
     "Google's URL maps"),
    ("aws", TWICE, "routing.failover.us", "Route 53 takes one"),
    ("aws", {"market": "kr"}, "regions", "stands beside market"),
    ("aws", {"regions": ["kr", "kr"]}, "regions", "stands twice"),
    ("aws", {"regions": ["kr", "moon"]}, "regions.1", "no such market"),
    ("aws", {"phase": 3}, "regions", "begins in phase 4"),
    ("aws", {"cloud": None}, "cloud", "needs a cloud"),
    ("aws", {"edge": {"logs": {"kr": "asia-northeast3"}}}, "edge.logs.kr", "a place of gcp"),
]  # fmt: skip


def found(cloud, more):
    stack = Stack.model_validate_json(json.dumps({**above(cloud), **more}))
    return {key: message for key, _, message, _ in problems(CATALOG, stack)}


@pytest.mark.parametrize(("cloud", "more", "key", "words"), ROWS, ids=lambda each: str(each)[:40])
def test_a_front_that_cannot_be_is_refused_by_its_key(cloud, more, key, words):
    assert words in found(cloud, more)[key]


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_the_front_of_four_markets_is_sound(cloud):
    assert found(cloud, {}) == {}
