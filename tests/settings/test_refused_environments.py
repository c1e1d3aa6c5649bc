"""What environments, images and a stack's growth, tags and host may not say."""

import pytest

from tests.support.project import Project
from tests.support.refusals import Wrong, in_stack, refused, said
from tests.support.spoils import put, put_in_stack

ENVIRONMENTS = "catalog/environments.yaml"
IMAGES = "catalog/images.yaml"
PRODUCTION = "Pulumi.production.yaml"
UNKNOWN, TYPE, FORM, NOT_ALLOWED = "unknown key", "wrong type", "wrong form", "is not allowed"
FEWER = "the most are fewer than the fewest"


def of_row(key, value, shown, message, remedy):
    """A row about one field of an environment."""
    wrong = Wrong(ENVIRONMENTS, key, shown, message, remedy)
    return refused(f"{key} {value!r}", put(ENVIRONMENTS, key.replace(".", "/"), value), wrong)


def of_stack(key, value, shown, message, remedy):
    """A row about one field of a stack."""
    place = key.replace(".", "/")
    return refused(f"{key} {value!r:.20}", put_in_stack(place, value),
                   in_stack(key, shown, message, remedy))  # fmt: skip


NO_PEM = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"
SHAPES = [
    of_row("staging.host", "api", '"api"', FORM, "text that matches ^[a-z0-9]"),
    of_row("staging.host", "API.manpasik.com", '"API.manpasik.com"', FORM, "text that matches"),
    of_row("staging.host", "https://a.b", '"https://a.b"', FORM, "text that matches"),
    of_row("staging.image_tag", "v 1", '"v 1"', FORM, "text that matches ^[A-Za-z0-9_]"),
    of_row("staging.access.admins", "see", '"admins"', NOT_ALLOWED, "'developers', 'qa' or"),
    of_row("staging.access.qa", "own", '"own"', NOT_ALLOWED, "allowed: 'see' or 'change'"),
    of_row("staging.access", ["qa"], '["qa"]', TYPE, "a mapping"),
    of_row("staging.platform.zones", 0, "0", NOT_ALLOWED, "greater than or equal to 1"),
    of_row("staging.platform.zones", 7, "7", NOT_ALLOWED, "less than or equal to 6"),
    of_row("staging.platform.count", 0, "0", NOT_ALLOWED, "greater than or equal to 1"),
    of_row("staging.platform.max_count", "9", '"9"', TYPE, "whole number without quotes"),
    of_row("staging.workload.max_replicas", 0, "0", NOT_ALLOWED, "greater than or equal to 1"),
    of_row("staging.workload.max_replica", 5, "5", UNKNOWN, "did you mean 'max_replicas'?"),
    of_row("staging.certificates.email", "nobody", '"nobody"', FORM, "text that matches"),
    of_row("staging.certificates.issuer", "Lets", '"Lets"', FORM, "text that matches ^[a-z]"),
    of_stack("host", "api", '"api"', FORM, "text that matches ^[a-z0-9]"),
    of_stack("host", "a_b.com", '"a_b.com"', FORM, "text that matches ^[a-z0-9]"),
    of_stack("sealing_certificate", NO_PEM, f'"{NO_PEM}"', FORM, "BEGIN CERTIFICATE"),
    of_stack("services.auth-service.max_replicas", 0, "0", NOT_ALLOWED, "or equal to 1"),
    refused(
        "a day without its year", put(IMAGES, "runtime/supported_until", "01-11"),
        Wrong(IMAGES, "runtime.supported_until", '"01-11"', FORM, "text that matches"),
    ),
    refused(
        "a base image without a tag", put(IMAGES, "runtime/image", "alpine"),
        Wrong(IMAGES, "runtime.image", '"alpine"', FORM, "text that matches"),
    ),
]  # fmt: skip
# Rules over more than one value, or over the calendar: no editor can know them.
RULES = [
    of_row("staging.workload.max_replicas", 1, "1", FEWER, "allowed: at least 2"),
    of_row("staging.platform.max_count", 1, "1", FEWER, "allowed: at least 2"),
    refused(
        "nodes that may grow to fewer", put(ENVIRONMENTS, "dev/nodes", [
            {"from_phase": 1, "count": 4, "max_count": 3, "vcpu": 8, "memory_gb": 16,
             "storage_gb": 100},
        ]),
        Wrong(ENVIRONMENTS, "dev.nodes.0.max_count", "3", FEWER, "allowed: at least 4"),
    ),
    refused(
        "a day that is in no calendar", put(IMAGES, "runtime/supported_until", "2025-02-30"),
        Wrong(IMAGES, "runtime.supported_until", '"2025-02-30"', "is no day", 'like "2027-05-31"'),
    ),
    refused(
        "fewer at the most than at the least",
        put_in_stack("services/auth-service", {"replicas": 3, "max_replicas": 2}),
        in_stack("services.auth-service.max_replicas", "2", "are fewer", "they are 2 and 3"),
    ),
    refused(
        "a secret that stands in the open",
        put("Pulumi.local.yaml", "config/manpasik:secrets", {"JWT_SECRET": "hunter2" * 5}),
        Wrong("Pulumi.local.yaml", "config.manpasik:secrets.JWT_SECRET", "[secret]",
              "in the open", "pulumi config set --secret --path manpasik:secrets.JWT_SECRET"),
    ),
    refused(
        "a seed that stands in the open",
        put("Pulumi.local.yaml", "config/manpasik:seed", "hunter2"),
        Wrong("Pulumi.local.yaml", "config.manpasik:seed", "[secret]", "in the open",
              "pulumi config set --secret --path manpasik:seed"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "expected"), SHAPES + RULES)
def test_an_environment_is_refused_with_place_value_and_remedy(project, spoil, expected):
    assert said(project.spoil(spoil).problems(), expected) == expected


STACK = "config/manpasik:stack"
RELEASE = "production runs releases only: write it like v1.2.3"
OWN = "services.shop-service"


def in_production(key, shown, message, remedy):
    return Wrong(PRODUCTION, f"manpasik:stack.{key}", shown, message, remedy)


TAGS = [
    *[
        refused(
            f"production with the tag {tag}", put(PRODUCTION, f"{STACK}/images/tag", tag),
            in_production("images.tag", f'"{tag}"', "is no release", RELEASE),
        )
        for tag in ("latest", "staging", "sha-0123abc", "1.2.3", "v1.2")
    ],
    refused(
        "production without a tag", put(PRODUCTION, STACK, {"environment": "production"}),
        in_production("images.tag", "", "is missing", RELEASE),
    ),
    refused(
        "a service of production under a tag that moves",
        put(PRODUCTION, f"{STACK}/services/shop-service/image_tag", "latest"),
        in_production(f"{OWN}.image_tag", '"latest"', "is no release", RELEASE),
    ),
    refused(
        "a service of production that grows to fewer than it has",
        put(PRODUCTION, f"{STACK}/services/shop-service/max_replicas", 2),
        in_production(f"{OWN}.max_replicas", "2", "are fewer", "they are 2 and 3"),
    ),
    refused(
        "a service of production that has more than the environment's most",
        put(PRODUCTION, f"{STACK}/services/shop-service/replicas", 21),
        in_production(f"{OWN}.replicas", "21", "are fewer", "they are 20 and 21"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "expected"), TAGS)
def test_production_is_refused_with_place_value_and_remedy(project, spoil, expected):
    assert said(project.spoil(spoil).problems("production"), expected) == expected


@pytest.mark.parametrize("tag", ["v1.2.3", "v0.0.1", "v10.20.30-rc.1"])
def test_a_release_is_one_with_three_numbers(project: Project, tag: str):
    put(PRODUCTION, f"{STACK}/images/tag", tag)(project)
    assert project.load("production").image("gateway") == f"ghcr.io/manpasik/gateway:{tag}"


def test_a_service_may_be_as_many_at_most_as_at_least(project: Project):
    own = {"replicas": 3, "max_replicas": 3}
    project.spoil(put_in_stack("services", {"auth-service": own}))
    assert project.problems() == []
