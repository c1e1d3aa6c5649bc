"""The four regions of phase 4, and what each tells the stack above it (R-P4-REG)."""

import itertools

import pytest

from components.edge.regions import refusal
from rendering import record, told
from rendering.recorder import outputs
from settings import SettingsError
from settings.loader import load, load_all
from tests.support.clouds import CLOUDS, MARKETS, REGION_STACKS, inputs, on, place_alone, whole
from tests.support.golden import FOLDER
from tests.support.topologies import above, region, settings

LIMIT = "kubernetes:networking.istio.io/v1alpha3:EnvoyFilter"
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


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_region_answers_to_its_own_name_and_to_the_common_one_by_tls(cloud):
    names = ["kr.api.manpasik.com", "api.manpasik.com"]
    found = whole("production-kr", cloud)
    (certificate,) = inputs(found, "kubernetes:cert-manager.io/v1:Certificate").values()
    assert certificate["spec"]["dnsNames"] == names
    (gateway,) = inputs(found, "kubernetes:networking.istio.io/v1:Gateway").values()
    assert [each["hosts"] for each in gateway["spec"]["servers"]] == [names, names]
    routes = inputs(found, "kubernetes:networking.istio.io/v1:VirtualService")
    assert [r["spec"]["hosts"][:2] for r in routes.values() if names[0] in r["spec"]["hosts"]] == [
        names, names]  # fmt: skip


@pytest.mark.parametrize(("cloud", "solver"), [("aws", "route53"), ("gcp", "cloudDNS")])
def test_a_region_proves_its_names_by_their_zone_and_may_write_nothing_else_there(cloud, solver):
    found = whole("production-kr", cloud)
    (issuer,) = inputs(found, "kubernetes:cert-manager.io/v1:ClusterIssuer").values()
    assert list(issuer["spec"]["acme"]["solvers"][0]["dns01"]) == [solver]
    if cloud == "aws":
        policies = inputs(found, "aws:iam/rolePolicy:RolePolicy")
        told = policies["certificates-identity-policy"]["policy"]
        assert "_acme-challenge.kr.api.manpasik.com" in told
        assert "_acme-challenge.api.manpasik.com" in told
    else:
        (role,) = inputs(found, "gcp:projects/iAMCustomRole:IAMCustomRole").values()
        assert not [each for each in role["permissions"] if each.startswith("dns.managedZones.d")]


def test_on_aws_the_region_s_own_gateway_limits_an_address():
    (found,) = inputs(whole("production-kr", "aws"), LIMIT).values()
    assert found["metadata"]["namespace"] == "istio-ingress"
    assert "'max_tokens': 2000" in str(found["spec"])
    assert not inputs(whole("production-kr", "gcp"), LIMIT), "Cloud Armor stands before it"


def test_a_region_s_limit_is_its_own_setting_on_aws_alone():
    edge = {"requests_per_5_minutes": 500}
    assert load("production-jp", region("jp", edge=edge)).stack.edge.requests_per_5_minutes == 500
    with pytest.raises(SettingsError, match="is read by the global stack alone"):
        load("production-jp", region("jp", "gcp", edge=edge))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_regions_have_the_same_logical_names(cloud):
    """Issue 5, line 1: one list in `tests/golden/production-kr` holds for all four."""
    settings = {stack: on(stack, cloud) for stack in REGION_STACKS}
    names = {
        stack: {each.urn.partition("::")[2] for each in record(found, root=place_alone())}
        for stack, found in settings.items()
    }
    assert len({frozenset(each) for each in names.values()}) == 1
    golden = (FOLDER / "production-kr" / f"urns-{cloud}.txt").read_text()
    assert {urn for urn in golden.splitlines() if urn.partition("::")[2] in names["production-us"]}


def test_on_google_cloud_a_right_is_given_to_the_pods_that_need_it():
    members = {r.name: str(r.inputs.get("member")) for r in whole("production-kr", "gcp")}
    pods = {name: member.partition("/subject/")[2] for name, member in members.items()}
    assert pods["certificates-member"] == "ns/cert-manager/sa/cert-manager"
    assert pods["postgres-0-backups"] == "ns/manpasik-data/sa/postgres-coord-patroni"
