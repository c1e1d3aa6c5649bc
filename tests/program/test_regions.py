"""The four regions of phase 4, and what each tells the stack above it (R-P4-REG)."""

import itertools

import pytest

from components.edge.regions import refusal
from rendering import told
from rendering.recorder import outputs
from settings.loader import load, load_all
from tests.support.clouds import CLOUDS, MARKETS, REGION_STACKS, inputs, on, whole
from tests.support.topologies import above, settings

PLACES = {
    "aws": ["ap-northeast-2", "us-east-1", "eu-central-1", "ap-northeast-1"],
    "gcp": ["asia-northeast3", "us-east4", "europe-west3", "asia-northeast1"],
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_region_lies_where_its_people_are(cloud):
    found = [on(stack, cloud).stack.cloud.region for stack in REGION_STACKS]
    assert found == PLACES[cloud]


def test_every_committed_region_is_a_market_of_phase_4_with_a_name_of_its_own():
    found = load_all(REGION_STACKS).values()
    assert [each.stack.market for each in found] == list(MARKETS)
    assert {each.stack.phase for each in found} == {4}
    assert [each.host for each in found] == [f"{market}.api.manpasik.com" for market in MARKETS]


def test_no_two_networks_overlap_over_regions_and_clouds():
    found = [on(stack, cloud) for stack in (*REGION_STACKS, "production") for cloud in CLOUDS]
    for one, other in itertools.combinations([each.network for each in found], 2):
        assert not one.block.overlaps(other.block)
        assert not one.services.overlaps(other.services)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_region_s_way_in_has_addresses_that_no_mistake_takes_away(cloud):
    kind = {"aws": "aws:ec2/eip:Eip", "gcp": "gcp:compute/address:Address"}[cloud]
    found = [r for r in whole("production-kr", cloud) if r.type == kind and "entrance" in r.name]
    assert len(found) == {"aws": 3, "gcp": 1}[cloud]
    assert all(each.protect for each in found)


def test_only_a_region_has_them():
    found = inputs(whole("production", "aws"), "manpasik:aws:Addresses")
    assert found == {}


def test_a_region_tells_what_the_stack_above_it_must_know():
    region = outputs(load("production-kr"))["region"]
    expected = {"market": "kr", "version": "v1.0.0", "provider": "aws", "place": "ap-northeast-2"}
    assert region.items() >= (expected | {"host": "kr.api.manpasik.com"}).items()
    assert len(region["addresses"]) == len(region["references"]) == 3


ABOVE = settings(above(), "production")


def answers(**changed):
    region = told.regions(ABOVE)["production-jp"]["region"]
    return {"region": {**region, **changed}}


def test_a_sound_region_is_taken():
    assert refusal(ABOVE, "jp", "production-jp", answers()) is None


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({}, ["region jp", "stack production-jp is not up", "mpk up production-jp"]),
        ({"region": None}, ["region jp", "stack production-jp is not up"]),
        (answers(version="v0.9.0"), ["region jp", 'version "v0.9.0"', '"v1.0.0"', "mpk up"]),
        (answers(provider="gcp"), ["region jp", 'provider "gcp"', '"aws"']),
        (answers(market="kr"), ["region jp", 'market "kr"']),
    ],
)
def test_a_region_that_is_absent_or_other_is_refused_by_its_name(outputs, words):
    told = refusal(ABOVE, "jp", "production-jp", outputs)
    assert told is not None
    assert [word for word in words if word not in told] == []
