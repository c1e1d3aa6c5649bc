"""The four regions of phase 4, and what each tells the stack above it (R-P4-REG)."""

import itertools

import pytest

from components.edge.regions import refusal
from rendering import record, told
from rendering.recorder import outputs
from settings.loader import load, load_all
from tests.support.clouds import CLOUDS, MARKETS, REGION_STACKS, inputs, on, place_alone, whole
from tests.support.topologies import above, region, settings

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
    found = outputs(load("production-kr"))
    assert '"command": "aws"' in found["kubeconfig"], "the way in that mpk kubeconfig writes"
    said = found["region"]
    expected = {"market": "kr", "version": "v1.0.0", "provider": "aws", "place": "ap-northeast-2"}
    assert said.items() >= (expected | {"host": "kr.api.manpasik.com"}).items()
    assert len(said["addresses"]) == len(said["references"]) == 3


def test_a_stack_that_is_no_region_tells_nothing_of_one():
    outputs(load("production-kr"))
    assert outputs(load("staging")).keys() == {"namespace", "gateway", "version", "url"}


ABOVE = settings(above(), "production")


def answers(**changed):
    sound = told.regions(ABOVE)["production-jp"]["region"]
    return {"region": {**sound, **changed}}


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


ELSEWHERE = {"aws": "ap-northeast-3", "gcp": "asia-northeast2"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_backups_lie_where_the_settings_say_with_a_key_of_that_place(cloud):
    more = {"location": ELSEWHERE[cloud], "retention_days": 21}
    given = load("production-jp", region("jp", cloud, backups=more))
    found = tuple(record(given, root=place_alone()))
    kind = {"aws": "aws:s3/bucket:Bucket", "gcp": "gcp:storage/bucket:Bucket"}[cloud]
    bucket = inputs(found, kind)["backups-bucket"]
    assert (bucket.get("region") or bucket["location"].lower()) == ELSEWHERE[cloud], "RES-03"
    keys = inputs(found, "aws:kms/key:Key", "gcp:kms/keyRing:KeyRing")
    key = keys["backups-key-key" if cloud == "aws" else "backups-key-ring"]
    assert (key.get("region") or key.get("location")) == ELSEWHERE[cloud]
    rules = inputs(found, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    kept = repr(rules.get("backups-lifecycle", bucket))
    assert "{'days': 21}" in kept or "'age': 21" in kept


@pytest.mark.parametrize("cloud", CLOUDS)
def test_backups_stay_at_home_where_the_settings_say_nothing(cloud):
    kind = {"aws": "aws:s3/bucket:Bucket", "gcp": "gcp:storage/bucket:Bucket"}[cloud]
    bucket = inputs(whole("production-kr", cloud), kind)["backups-bucket"]
    assert bucket.get("region", PLACES[cloud][0]) == PLACES[cloud][0]
    assert bucket.get("location", PLACES[cloud][0]).lower() == PLACES[cloud][0]
