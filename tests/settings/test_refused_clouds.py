"""What a stack's cloud, the regions and the machines may not say (issue 5, line 7)."""

import pytest

from tests.support.refusals import Wrong, refused, said
from tests.support.spoils import drop, put, put_in

STAGING, PRODUCTION = "Pulumi.staging.yaml", "Pulumi.production.yaml"
REGIONS, INSTANCES = "catalog/regions.yaml", "catalog/instances.yaml"
ENVIRONMENTS = "catalog/environments.yaml"
AWS = {"provider": "aws", "region": "ap-northeast-2"}
GCP = {"provider": "gcp", "region": "asia-northeast3"}
PLACE = "config/manpasik:stack/cloud"
TYPE, FORM, NOT_ALLOWED, UNKNOWN = "wrong type", "wrong form", "is not allowed", "unknown key"


def cloud(rule, value, key, shown, message, remedy):
    """A row about the cloud of staging."""
    wrong = Wrong(STAGING, f"manpasik:stack.cloud{key}", shown, message, remedy)
    return refused(rule, put(STAGING, PLACE, value), wrong)


def of_staging(rule, spoils, key, shown, message, remedy):
    """A row where a sound cloud and something else do not go together."""
    wrong = Wrong(STAGING, f"manpasik:stack.{key}", shown, message, remedy)
    return refused(rule, spoils, wrong)


ROWS = [
    cloud("no such cloud", AWS | {"provider": "azure"}, ".provider", '"azure"', NOT_ALLOWED,
          "allowed: 'aws', 'gcp'"),
    cloud("no cloud named", {"region": "us-east-1"}, ".provider", "", "is missing", "add provider"),
    cloud("no region named", {"provider": "aws"}, ".region", "", "is missing", "add region"),
    cloud("both clouds in one", AWS | {"project": "manpasik-x"}, ".project", '"manpasik-x"',
          UNKNOWN, "allowed: account, api_from, kind"),
    cloud("both clouds as one provider", AWS | {"provider": ["aws", "gcp"]}, ".provider",
          '["aws", "gcp"]', NOT_ALLOWED, "allowed: 'aws', 'gcp'"),
    cloud("both clouds as a list", [AWS, GCP], "",
          '[{"provider": "aws", "region": "ap-northeast-2"}, {"provide…', TYPE, "a mapping"),
    cloud("a region of the other cloud", AWS | {"region": "asia-northeast3"}, ".region",
          '"asia-northeast3"', "is no region of aws", "did you mean 'ap-northeast-3'?"),
    cloud("a region nobody has", GCP | {"region": "mars-north1"}, ".region", '"mars-north1"',
          "is no region of gcp", "allowed: asia-northeast1, asia-northeast2"),
    cloud("an account in words", AWS | {"account": "us"}, ".account", '"us"', FORM, "[0-9]{12}"),
    cloud("a project in capitals", GCP | {"project": "MPK"}, ".project", '"MPK"', FORM, "[a-z]"),
    cloud("a network that is none", AWS | {"network": "10.300.0.0/16"}, ".network",
          '"10.300.0.0/16"', "is no network", "write it like"),
    cloud("a network too small", AWS | {"network": "10.200.0.0/24"}, ".network", '"10.200.0.0/24"',
          FORM, "/16"),
    cloud("the network of production", AWS | {"network": "10.96.0.0/16"}, ".network",
          '"10.96.0.0/16"', "overlaps with the network of another stack", "such as 10.39.0.0/16"),
    cloud("the network of a region on the other cloud", AWS | {"network": "10.242.0.0/16"},
          ".network", '"10.242.0.0/16"', "overlaps", "such as 10.39.0.0/16"),
    cloud("a network that meets Docker's", AWS | {"network": "10.17.0.0/16"}, ".network",
          '"10.17.0.0/16"', "or with what Docker keeps", "such as 10.39.0.0/16"),
    cloud("callers that are no network", AWS | {"api_from": ["203.0.113.7/24"]}, ".api_from.0",
          '"203.0.113.7/24"', "is no network", "203.0.113.0/24"),
    cloud("everybody as callers", AWS | {"api_from": ["0.0.0.0/0"]}, ".api_from.0", '"0.0.0.0/0"',
          "is the whole internet", "the networks of offices"),
    cloud("three nodes as one server", AWS | {"kind": "server"}, ".kind", '"server"',
          "more nodes than one server", "allowed: cluster"),
]  # fmt: skip
TOGETHER = [
    of_staging(
        "a cloud and somebody else's cluster",
        put_in(STAGING, {PLACE: AWS, "config/manpasik:stack/cluster": {"context": "mine"}}),
        "cluster.context", '"mine"', "names a cluster beside the cloud's own", "remove cloud",
    ),
    refused(
        "a cloud for the laptop", put("Pulumi.local.yaml", PLACE, AWS),
        Wrong("Pulumi.local.yaml", "manpasik:stack.cloud", '"aws"', "runs on no cloud", "remove"),
    ),
    refused(
        "two regions with one number", put(REGIONS, "us/number", 0),
        Wrong(REGIONS, "us.number", "0", "is also that of kr", "give each its own"),
    ),
    refused(
        "one region under two names", put(REGIONS, "us/aws/name", "eu-central-1"),
        Wrong(REGIONS, "us.aws.name", '"eu-central-1"', "is also that of eu", "give each its own"),
    ),
    refused(
        "a region without zones", put(REGIONS, "jp/gcp/zones", []),
        Wrong(REGIONS, "jp.gcp.zones", "[]", "is empty", "at least one entry"),
    ),
    refused(
        "a region beyond the layout", put(REGIONS, "jp/number", 16),
        Wrong(REGIONS, "jp.number", "16", NOT_ALLOWED, "less than or equal to 15"),
    ),
    refused(
        "a law that is not known", put(REGIONS, "jp/jurisdiction", "UK"),
        Wrong(REGIONS, "jp.jurisdiction", '"UK"', NOT_ALLOWED, "'KR', 'US', 'EU' or 'JP'"),
    ),
    refused(
        "two machines of one shape", put(INSTANCES, "m6i.xlarge/memory_gb", 8),
        Wrong(INSTANCES, "m6i.xlarge.memory_gb", '["aws", "node", 4, 8]', "is also that of c6i",
              "give each its own"),
    ),
    refused(
        "two environments on one network", put(ENVIRONMENTS, "staging/network", 1),
        Wrong(ENVIRONMENTS, "staging.network", "1", "is also that of dev", "give each its own"),
    ),
]  # fmt: skip
SHAPES = [
    (PRODUCTION, "m6i.2xlarge", "8 vCPU and 32 GB, which platform asks for"),
    (STAGING, "c6i.xlarge", "4 vCPU and 8 GB, which services asks for"),
    (STAGING, "db.m6g.large", "2 vCPU and 8 GB, which database asks for"),
]


@pytest.mark.parametrize(("spoil", "expected"), ROWS)
def test_a_cloud_is_refused_with_place_value_and_remedy(project, spoil, expected):
    assert said(project.spoil(spoil).problems("staging"), expected) == expected


@pytest.mark.parametrize(("spoil", "expected"), TOGETHER)
def test_what_does_not_go_together_is_refused_once(project, spoil, expected):
    stack = expected[0].file.removeprefix("Pulumi.").removesuffix(".yaml")
    stack = stack if expected[0].file.startswith("Pulumi.") else "local"
    assert said(project.spoil(spoil).problems(stack), expected) == expected


@pytest.mark.parametrize(("file", "machine", "told"), SHAPES)
def test_a_shape_that_the_cloud_does_not_rent_out_is_refused(project, file, machine, told):
    project.spoil(put(file, PLACE, AWS), drop(INSTANCES, machine))
    (found,) = project.problems(file.removeprefix("Pulumi.").removesuffix(".yaml"))
    assert (found.key, found.value) == ("manpasik:stack.cloud.provider", '"aws"')
    assert told in found.message
    assert "describe one in catalog/instances.yaml; described are" in found.remedy


def test_a_cache_that_the_cloud_does_not_rent_out_is_refused(project):
    project.spoil(put(STAGING, PLACE, AWS), put(ENVIRONMENTS, "staging/cache/memory_gb", 13))
    (found,) = project.problems("staging")
    assert found.message == "has no cache of 13 GB, which the environment asks for"


def test_more_nodes_than_have_addresses_are_refused(project):
    project.spoil(put(STAGING, PLACE, GCP), put(ENVIRONMENTS, "staging/platform/max_count", 118))
    (found,) = project.problems("staging")
    assert found.message == "has addresses for 128 nodes, and the pools may grow to 129"


def test_a_pool_in_more_zones_than_the_region_has_is_refused(project):
    project.spoil(put(STAGING, PLACE, GCP), put(ENVIRONMENTS, "staging/platform/zones", 4))
    (found,) = project.problems("staging")
    assert found.key == "manpasik:stack.cloud.region"
    assert found.message == "has 3 zones, and the pool platform wants 4"


@pytest.mark.parametrize("chosen", [AWS, GCP])
@pytest.mark.parametrize("stack", ["dev", "staging", "production"])
def test_one_line_chooses_the_cloud(project, stack, chosen):
    project.spoil(put(f"Pulumi.{stack}.yaml", PLACE, chosen))
    assert project.load(stack).region.place == "Seoul"


def test_only_the_dev_server_is_a_server(project):
    project.spoil(put("Pulumi.dev.yaml", PLACE, AWS | {"kind": "server"}))
    assert project.load("dev").stack.cloud.kind == "server", "D-3"
