"""What a release learns of its images, from a registry that answers and from one that does not."""

import pytest

from operations.registry import Registry
from tests.support.registries import DIGEST, answering, holding

REFERRERS = f"/v2/manpasik/auth-service/referrers/{DIGEST}"
REFERRERS_BY_TAG = f"/v2/manpasik/auth-service/manifests/{DIGEST.replace(':', '-')}"


def look(registry, tag="v1.0.0"):
    return Registry().look(f"{registry}/auth-service:{tag}")


@pytest.mark.parametrize(
    ("tag", "signed", "found"),
    [("v1.0.0", True, "signed"), ("v1.0.0", False, "unsigned"), ("v9.9.9", True, "absent")],
)
def test_a_registry_says_whether_an_image_is_there_and_signed(tag, signed, found):
    with holding("v1.0.0", signed=signed) as registry:
        assert look(registry, tag).found == found


@pytest.mark.parametrize("place", [REFERRERS, REFERRERS_BY_TAG])
def test_a_signature_that_refers_to_the_image_counts_too(place):
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"

    def handle(asked):
        if asked.path == place:
            return 200, {}, {"manifests": [{"artifactType": kind}]}
        there = asked.path.endswith("/v1.0.0")
        return (200 if there else 404), {"docker-content-digest": DIGEST}, {}

    with answering(handle) as address:
        assert look(f"{address}/manpasik").found == "signed"


def test_a_registry_that_wants_a_token_is_asked_for_one():
    def handle(asked):
        if asked.path.startswith("/token?service=s"):
            return 200, {}, {"token": "t"}
        if asked.headers.get("authorization") != "Bearer t":
            realm = f"http://{asked.headers['host']}/token"
            return 401, {"www-authenticate": f'Bearer realm="{realm}",service="s"'}, {}
        return 404, {}, {}

    with answering(handle) as address:
        assert look(f"{address}/manpasik").found == "absent"


@pytest.mark.parametrize(("status", "why"), [(403, "without a login"), (500, "answers 500")])
def test_one_that_does_not_say_is_no_answer(status, why):
    with answering(lambda _: (status, {}, {})) as address:
        found = look(f"{address}/manpasik")
    assert (found.found, why in found.why) == ("unknown", True)


def test_one_that_is_not_there_is_no_answer():
    with holding("v1.0.0") as registry:
        pass
    assert "does not answer" in look(registry).why
