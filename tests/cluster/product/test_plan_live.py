"""`mpk plan --against live` on a real API server: nothing, then each thing that came between.

The tests build on each other: one deployment, then edits by hand.
"""

import base64

import pytest

from operations.live import live
from rendering.plan_text import as_text
from tests.support.recording import local

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", autouse=True)
def deployed(deploy):
    assert deploy(local(), force=True).succeeded


def planned(cluster, **services):
    return live(local(**services), str(cluster.kubeconfig))


def test_after_a_deployment_nothing_would_change(cluster):
    plan = planned(cluster)
    assert plan.empty, as_text(plan)


def test_a_change_of_one_service_names_that_service_alone(cluster):
    (found,) = planned(cluster, **{"shop-service": {"image_tag": "v2"}}).affected
    assert (found.action, found.kind, found.name) == ("change", "Deployment", "shop-service")


def test_what_left_the_program_would_be_deleted(cluster):
    found = planned(cluster, **{"video-service": {"enabled": False}}).affected
    gone = {each.kind for each in found if each.action == "delete"}
    assert gone == {"Deployment", "Service", "ServiceAccount", "Job"}


def test_an_edit_by_hand_is_found_and_what_others_own_is_not(cluster, kubectl):
    kubectl("scale", "deployment", "shop-service", "--namespace", "manpasik", "--replicas", "2")
    kubectl("label", "deployment", "auth-service", "--namespace", "manpasik", "mine=yes")
    (found,) = planned(cluster).affected
    assert found.name == "shop-service"
    assert "spec.replicas: 2 → 1" in as_text(planned(cluster))


def test_a_secret_changed_by_hand_is_found_and_not_told(cluster, kubectl):
    value = base64.b64encode(b"planted by hand 0001").decode()
    patch = f'{{"data": {{"JWT_SECRET": "{value}"}}}}'
    kubectl("patch", "secret", "manpasik-secrets", "--namespace", "manpasik", "--patch", patch)
    text = as_text(planned(cluster))
    assert "stringData.JWT_SECRET: [secret] changed" in text
    assert "planted" not in text
    assert value not in text
