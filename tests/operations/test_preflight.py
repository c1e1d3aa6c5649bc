"""What is asked before a release, and what each answer means (issue 6: preflight)."""

import pytest

from operations import preflight
from operations.registry import Registry
from rendering.dangers import Rank
from rendering.plan import Affected, Plan
from settings import load
from tests.support.recording import local
from tests.support.registries import holding


def production(registry="ghcr.io/manpasik", **stack):
    images = {"tag": "v1.2.0", "registry": registry}
    return load("production", {"environment": "production", "images": images, **stack})


def images(*tags, signed=True):
    with holding(*tags, signed=signed) as registry:
        return preflight.images(production(registry), ["auth-service"], Registry())


def test_images_that_are_there_and_signed_pass():
    assert images("v1.2.0").verdict == "passed"


def test_an_unknown_version_is_refused_by_the_name_of_its_image():
    found = images("v1.0.0")
    assert found.verdict == "refused"
    assert "manpasik/auth-service:v1.2.0" in found.detail


def test_where_only_approved_versions_run_nothing_unsigned_does():
    assert images("v1.2.0", signed=False).verdict == "refused", "R-ENV-2"


def test_elsewhere_it_is_noted():
    with holding("latest", signed=False) as registry:
        given = {"environment": "local", "images": {"registry": registry}}
        found = preflight.images(load("local", given), ["auth-service"], Registry())
    assert (found.verdict, "nobody signed" in found.detail) == ("noted", True)


def test_a_registry_that_does_not_answer_stops_nothing():
    with holding() as registry:
        pass
    found = preflight.images(production(registry), ["auth-service"], Registry())
    assert (found.verdict, "does not answer" in found.detail) == ("noted", True)


def affected(name, kind="Deployment", rank=Rank.CHANGED):
    return Affected(
        action="change", kind=kind, namespace="manpasik", name=name, subject=name, rank=rank
    )


@pytest.mark.parametrize(
    ("also", "verdict", "told"),
    [
        ([], "passed", "1 objects change"),
        ([affected("manpasik-config", "ConfigMap")], "noted", "ConfigMap manpasik-config"),
        ([affected("orders", "Secret", Rank.DELICATE)], "noted", "look first at Secret orders"),
    ],
)
def test_what_else_a_release_would_change_is_told(also, verdict, told):
    plan = Plan(stack="local", against="x", affected=(affected("auth-service"), *also))
    found = preflight.planned(plan, ["auth-service"])
    assert (found.verdict, told in found.detail) == (verdict, True)


def test_a_rolling_release_that_finds_no_room_at_once_goes_in_turn():
    settings = local()
    found = preflight.capacity(settings, list(settings.services))
    assert (found.verdict, "in turn" in found.detail) == ("noted", True)


def test_a_second_set_of_pods_without_room_is_refused():
    services = {"gateway": {"replicas": 100, "max_replicas": 100, "cpu": "1"}}
    settings = production(phase=3, services=services)
    assert preflight.capacity(settings, ["gateway"]).verdict == "refused"
    assert preflight.capacity(settings, ["auth-service"]).verdict == "passed"
