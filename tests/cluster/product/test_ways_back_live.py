"""Rolling releases and their way back on the real controllers (acceptance 1 of the releases).

The tests build on each other: v1.0.0 of one service, then v2.0.0, then back.
"""

import json

import pytest
import yaml
from typer.testing import CliRunner

from cli.app import app
from operations.cluster import Cluster
from operations.lock import LEASE_SECONDS, ReleaseLock
from settings.loader import load
from tests.support.project import Project
from tests.support.ready_pods import ReadyPods

pytestmark = pytest.mark.cluster
AUTH = ("deployment", "auth-service", "--namespace", "manpasik")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A checkout of its own: a rollback writes into the stack's file."""
    return Project.copied_to(tmp_path_factory.mktemp("project"))


@pytest.fixture
def mpk(cluster, project, monkeypatch):
    monkeypatch.setattr("settings.loader.ROOT", project.root)

    def run(*arguments):
        kubeconfig = ["--kubeconfig", str(cluster.kubeconfig)]
        return CliRunner().invoke(app, [*arguments, *kubeconfig])

    return run


def version(kubectl):
    (container,) = kubectl.get(*AUTH)["spec"]["template"]["spec"]["containers"]
    return container["image"].rpartition(":")[2]


def settings(tag):
    services = {"auth-service": {"image_tag": tag, "replicas": 2}}
    return load("local", {"environment": "local", "services": services})


@pytest.fixture
def ready(cluster):
    with ReadyPods(cluster.kubectl, cluster.kubeconfig, "auth-service") as pods:
        yield pods


@pytest.fixture(scope="module", autouse=True)
def at_v2(deploy, cluster):
    assert deploy(settings("v1.0.0"), force=True).succeeded
    with ReadyPods(cluster.kubectl, cluster.kubeconfig, "auth-service") as pods:
        assert deploy(settings("v2.0.0"), force=True).succeeded
    assert pods.fewest >= 2, "a rolling release takes no ready pod away (R-P2-ROLL)"


def test_rollback_restores_the_version_before_and_no_ready_pod_is_missing(mpk, ready, kubectl):
    done = mpk("rollback", "auth-service", "--json")
    assert done.exit_code == 0, done.output
    assert version(kubectl) == "v1.0.0"
    assert json.loads(done.stdout)["services"]["auth-service"]["seconds"] < 120, "R-P2-ROLL"
    assert ready.fewest >= 2


def test_the_stacks_file_follows_and_the_next_deployment_changes_nothing(project, deploy):
    file = yaml.safe_load((project.root / "Pulumi.local.yaml").read_text())
    told = file["config"]["manpasik:stack"]["services"]["auth-service"]
    assert told == {"image_tag": "v1.0.0"}
    assert not deploy(settings("v1.0.0")).changed, "the rollback left an owner of its own behind"


def test_a_way_back_is_not_taken_back_by_saying_it_twice(mpk, kubectl):
    done = mpk("rollback", "auth-service")
    assert done.exit_code == 2
    assert "rolled back from v2.0.0" in done.stderr
    assert version(kubectl) == "v1.0.0"


def test_the_version_whose_schema_is_gone_is_refused_and_nothing_changes(mpk, kubectl):
    (kept,) = [
        each["metadata"]["name"]
        for each in kubectl.get("replicasets", "--namespace", "manpasik")["items"]
        if each["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":v2.0.0")
    ]
    note = "manpasik.com/schema-version=9"
    kubectl("annotate", "--overwrite", "replicaset", kept, note, "--namespace", "manpasik")
    before = kubectl.get(*AUTH)["metadata"]["generation"]
    done = mpk("rollback", "auth-service", "--to", "v2.0.0")
    assert done.exit_code == 2
    assert "its schema moved from 9 to" in done.stderr
    assert kubectl.get(*AUTH)["metadata"]["generation"] == before


def test_kubectl_rollout_undo_works_as_the_specification_says(mpk, kubectl):
    kubectl("rollout", "undo", "deployment/auth-service", "-n", "manpasik")
    kubectl("rollout", "status", "deployment/auth-service", "-n", "manpasik", "--timeout", "60s")
    assert version(kubectl) == "v2.0.0"
    rows = {r["service"]: r for r in json.loads(mpk("status", "--json").stdout)["services"]}
    assert (rows["auth-service"]["version"], rows["auth-service"]["pods"]) == ("v2.0.0", "2/2")


def test_of_two_at_once_one_wins_and_the_other_says_who_holds_it(mpk, cluster, kubectl):
    before = kubectl.get(*AUTH)["metadata"]["generation"]
    with ReleaseLock(Cluster(str(cluster.kubeconfig)), "local", "release of v9.9.9") as held:
        done = mpk("rollback", "auth-service")
        assert done.exit_code == 2
        assert "release of v9.9.9, by " in done.stderr
        status = json.loads(mpk("status", "--json").stdout)
        assert "release of v9.9.9" in status["holder"]
        held.check()
    assert kubectl.get(*AUTH)["metadata"]["generation"] == before
    assert json.loads(mpk("status", "--json").stdout)["holder"] is None


def test_the_lock_of_a_killed_holder_runs_out_by_itself(cluster, kubectl, monkeypatch):
    live = Cluster(str(cluster.kubeconfig))
    with ReleaseLock(live, "local", "release of v9.9.9"):
        monkeypatch.setattr("operations.lock.RENEW_SECONDS", 3600)
        lease = ("lease", "manpasik-release-local", "--namespace", "manpasik")
        old = {"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}}
        kubectl("patch", *lease, "--type", "merge", "--patch", json.dumps(old))
        monkeypatch.setattr("operations.lock.DOUBT_SECONDS", 0.1)
        with ReleaseLock(live, "local", "release of v9.9.10"):
            assert "v9.9.10" in kubectl.get(*lease)["metadata"]["annotations"]["manpasik.com/what"]
    assert LEASE_SECONDS < 60
