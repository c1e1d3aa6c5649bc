"""HPA, Deployment and re-apply: who writes `replicas`, on the real controllers (decision 3, W-1).

The tests build on each other: a new stack, load that makes one service grow, then everything that
might set its scale back.
"""

from unittest import mock

import pytest

import localcluster
from cli.embedded import nodes_of
from localcluster.crds import install, needed
from operations.cluster import Cluster
from operations.deploy import Deployment
from operations.live import live
from rendering import manifests, record
from rendering.plan_text import as_text
from settings import load
from settings.loader import load_catalog
from settings.variables import required_secrets
from tests.support import metrics

pytestmark = pytest.mark.cluster
NAME = "scaling"
LIFETIME_SECONDS = 900
KEPT = {"gateway", "auth-service", "user-service"}
GROWS = "user-service"
SPACE = ("--namespace", "manpasik")


def production():
    """Production with few services: what is asked here is asked of each alike."""
    left_out = load_catalog().services.keys() - KEPT
    services = {name: {"enabled": False} for name in left_out}
    images = {"tag": "v1.0.0"}
    return load("production", {"environment": "production", "images": images, "services": services})


@pytest.fixture(scope="module")
def declared():
    return manifests(record(production()))


@pytest.fixture(scope="module")
def cluster(cluster_state, declared):
    up = localcluster.up(NAME, nodes_of(production()), lifetime_seconds=LIFETIME_SECONDS)
    assert cluster_state
    install(up, needed([each.content for each in declared]))
    yield up
    localcluster.down(NAME)


@pytest.fixture(scope="module")
def usage(cluster, tmp_path_factory):
    """What the services use, in thousandths of a core and MiB."""
    with metrics.served(api(cluster), tmp_path_factory.mktemp("metrics")) as load:
        yield load


@pytest.fixture
def kubectl(cluster, kubectl_for):
    return kubectl_for(cluster)


@pytest.fixture
def deploy(cluster, declared):
    def deploy(**options):
        return Deployment(api(cluster), "production", declared, **options).run(180)

    return deploy


@pytest.fixture
def plan(cluster):
    """`mpk plan production --against live`, with every secret encrypted in the stack's file."""
    names = required_secrets(production())
    with mock.patch("operations.live.secret_names", return_value=names):
        yield lambda: live(production(), str(cluster.kubeconfig))


def api(cluster):
    return Cluster(str(cluster.kubeconfig))


def pods_of(kubectl, name):
    found = kubectl.get("deployment", name, *SPACE)
    return found["spec"]["replicas"], found["status"].get("readyReplicas", 0)


def test_a_new_stack_comes_up_with_the_fewest_pods_of_each_autoscaler(deploy, kubectl, usage):
    assert usage == {}
    outcome = deploy()
    assert outcome.succeeded, [p.state for p in outcome.failures]
    assert {name: pods_of(kubectl, name) for name in KEPT} == dict.fromkeys(KEPT, (3, 3))


def test_load_makes_one_service_grow_and_the_quota_lets_it(kubectl, usage):
    usage[GROWS] = {"cpu": 7 * 350, "memory": 7 * 256}  # 70 % of 500m, and half of the memory
    kubectl.eventually(
        "deployment", GROWS, *SPACE, holds=lambda found: found["status"].get("readyReplicas") == 7
    )
    assert pods_of(kubectl, "gateway") == (3, 3)
    refused = kubectl.get("events", *SPACE, "--field-selector", "reason=FailedCreate")["items"]
    assert not [event["message"] for event in refused]


def test_a_second_deployment_changes_nothing_and_leaves_the_seven(deploy, kubectl):
    outcome = deploy()
    assert outcome.succeeded
    assert not outcome.changed
    assert pods_of(kubectl, GROWS) == (7, 7)


def test_the_plan_says_nothing_of_what_the_autoscaler_writes(plan):
    found = plan()
    assert found.empty, as_text(found)


def test_an_edit_by_hand_is_found_as_drift_and_the_scale_is_not(kubectl, plan):
    kubectl("set", "image", f"deployment/{GROWS}", f"{GROWS}=ghcr.io/manpasik/other:v9", *SPACE)
    (found,) = plan().affected
    assert (found.kind, found.name) == ("Deployment", GROWS)
    text = as_text(plan())
    assert "ghcr.io/manpasik/other:v9 → ghcr.io/manpasik/user-service:v1.0.0" in text
    assert "spec.replicas" not in text


def test_a_forced_deployment_mends_the_edit_and_leaves_the_seven(deploy, kubectl, plan):
    outcome = deploy(force=True)
    assert outcome.succeeded
    found = kubectl.get("deployment", GROWS, *SPACE)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "ghcr.io/manpasik/user-service:v1.0.0"
    assert pods_of(kubectl, GROWS) == (7, 7)
    assert plan().empty
