"""`mpk release` of a rolling service on the real controllers (acceptances 1, 8, 9 of the releases).

The tests build on each other: two services at v1.0.0, then v2.0.0, then what fails or is refused.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import yaml
from typer.testing import CliRunner

from cli.app import app
from operations import records
from operations.by_engine import DeployError, unmigrated
from operations.cluster import Cluster
from operations.deploy import Deployment
from operations.lock import ReleaseLock
from operations.refusal import RefusedError
from operations.releasable import Plan
from operations.release import Release
from rendering import manifests, record
from settings.loader import load, load_catalog
from tests.support.project import Project
from tests.support.ready_pods import ReadyPods
from tests.support.registries import holding, webhook

pytestmark = pytest.mark.cluster
AUTH, SPACE = "auth-service", ("--namespace", "manpasik")
KEPT = {"gateway", AUTH}
OFF = {n: {"enabled": False} for n in load_catalog().services.keys() - KEPT}


def stack(tag="v1.0.0", registry="ghcr.io/manpasik"):
    images = {"tag": tag, "registry": registry}
    services = OFF | {AUTH: {"replicas": 2}}
    return {"environment": "local", "images": images, "services": services}


@pytest.fixture(scope="module")
def registry():
    with holding("v1.0.0", "v2.0.0", "v3.0.0-broken", "v4.0.0", "v5.0.0") as found:
        yield found


@pytest.fixture(scope="module")
def project(tmp_path_factory, registry):
    """A checkout of its own: a release writes into the stack's file."""
    made = Project.copied_to(tmp_path_factory.mktemp("project"))
    made.edit("Pulumi.local.yaml", lambda c: c["config"].update(
        {"manpasik:stack": stack(registry=registry)}))  # fmt: skip
    return made


@pytest.fixture(scope="module", autouse=True)
def at_v1(deploy, registry):
    all_at_v1(deploy, registry)


def all_at_v1(deploy, registry):
    failures = deploy(load("local", stack(registry=registry)), force=True).failures
    assert {each.name: each.state.message for each in failures} == {}


@pytest.fixture
def mpk(cluster, project, monkeypatch):
    monkeypatch.setattr("settings.loader.ROOT", project.root)

    def run(*arguments):
        kubeconfig = ["--kubeconfig", str(cluster.kubeconfig)]
        return CliRunner().invoke(app, [*arguments, *kubeconfig])

    return run


@pytest.fixture
def api(cluster):
    return Cluster(str(cluster.kubeconfig))


def versions(kubectl):
    found = kubectl.get("deployments", *SPACE)["items"]
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"]
        .rpartition(":")[2]
        for each in found
    }  # fmt: skip


def in_file(project):
    stack = yaml.safe_load((project.root / "Pulumi.local.yaml").read_text())
    return stack["config"]["manpasik:stack"]["images"]["tag"]


def refused(done):
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    return done.stderr


def test_a_release_reaches_every_service_and_no_ready_pod_is_missing(mpk, cluster, kubectl):
    with ReadyPods(cluster.kubectl, cluster.kubeconfig, AUTH) as pods:
        done = mpk("release", "v2.0.0", "--json", "--watch", "1s")
    assert done.exit_code == 0, done.output
    assert versions(kubectl) == dict.fromkeys(KEPT, "v2.0.0")
    assert pods.fewest >= 2, "R-P2-ROLL"
    told = json.loads(done.stdout)
    assert [s["name"] for s in told["stages"]] == ["migrate", "rollout", "watch"], "R-MIG-6"
    assert {c["name"]: c["verdict"] for c in told["checks"]} == {
        "images": "passed", "plan": "noted", "capacity": "passed",
    }, "the migration Job changes with its image"  # fmt: skip


def test_it_leaves_a_record_for_programs_and_for_people(kubectl, project):
    found = kubectl.get("configmaps", "-l", "manpasik.com/release-of=local", *SPACE)["items"]
    newest = max(found, key=lambda each: each["metadata"]["name"])["data"]
    assert json.loads(newest["record.json"])["services"][AUTH]["before"] == "v1.0.0"
    assert "| auth-service | rolling | v1.0.0 | v2.0.0 | succeeded |" in newest["record.md"]
    assert in_file(project) == "v2.0.0", "the next deployment would undo the release (0047)"


REFUSED = {
    "live already": (["release", "v2.0.0"], "v2.0.0 is live already, and healthy"),
    "unknown version": (["release", "v9.9.9"], "the registry has no 127.0.0.1"),
    "no version at all": (["release", "not a tag"], "images.tag = \"not a tag\": has the wrong"),
    "unknown service": (["release", "v4.0.0", "--service", "auth"], "did you mean 'auth-service'"),
    "no duration": (["release", "v4.0.0", "--watch", "soon"], "is no duration"),
    "abort, nothing running": (["abort"], "nothing is being released"),
    "promote, nothing waits": (["promote", AUTH], "has no steps and no colours"),
    "switch in phase 2": (["switch", AUTH], "back goes `mpk rollback`"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_one_clear_error_and_changes_nothing(mpk, kubectl, project, command, message):
    before = versions(kubectl), in_file(project), kubectl("get", "deployments,configmaps,leases",
                                                         *SPACE, "-o", "name")  # fmt: skip
    assert message in refused(mpk(*command))
    assert before == (versions(kubectl), in_file(project), kubectl(
        "get", "deployments,configmaps,leases", *SPACE, "-o", "name"))  # fmt: skip


def test_while_one_runs_another_is_refused_and_says_who_holds_it(mpk, api, kubectl):
    with ReleaseLock(api, "local", "release of v4.0.0"):
        assert "release of v4.0.0, by " in refused(mpk("release", "v5.0.0"))
    assert versions(kubectl) == dict.fromkeys(KEPT, "v2.0.0")


def test_a_release_that_fails_goes_back_by_itself_and_tells_why(mpk, kubectl, project, monkeypatch):
    monkeypatch.setattr("operations.wait.PATIENCE_SECONDS", 1.0)
    with webhook() as (url, texts):
        monkeypatch.setenv("SLACK_WEBHOOK_URL", url)
        done = mpk("release", "v3.0.0-broken", "--service", AUTH, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["outcome"], told["services"][AUTH]["outcome"]) == ("rolled back", "failed")
    assert versions(kubectl) == dict.fromkeys(KEPT, "v2.0.0")
    assert project.load().image_tag(AUTH) == "v2.0.0"
    (text,) = texts
    assert text.startswith("자동 롤백 실행 - auth-service, ")
    assert text.endswith(", v2.0.0")
    assert "ErrImagePull" in text or "ImagePullBackOff" in text, "R-P3-ABORT: the true reason"


def plan(version):
    settings = load("local", stack(version))
    return Plan(
        settings=settings, version=version, services=["gateway"], watch_seconds=0,
        manifests=[m for m in manifests(record(settings)) if m.kind == "Deployment"
                   and m.name == "gateway"],
    )  # fmt: skip


def test_of_two_at_once_one_wins_and_the_other_says_who_holds_it(cluster):
    start, ended = threading.Barrier(2), dict[str, object]()

    def release(version):
        course = Release(Cluster(str(cluster.kubeconfig)), plans[version])
        start.wait()
        try:
            ended[version] = course.run().outcome
        except RefusedError as refusal:
            ended[version] = refusal

    plans = {version: plan(version) for version in ("v4.0.0", "v5.0.0")}
    threads = [threading.Thread(target=release, args=[version]) for version in plans]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (winner,) = [version for version, outcome in ended.items() if outcome == "succeeded"]
    (refusal,) = [outcome for outcome in ended.values() if isinstance(outcome, RefusedError)]
    assert f"release of {winner}, by " in str(refusal)


def by_engine(api, version, deploy):
    """A release of both services that something else than `mpk` deploys."""
    settings = load("local", stack(version))
    given = Plan(settings=settings, version=version, services=sorted(KEPT), manifests=(),
                 watch_seconds=0, by_engine=lambda: deploy(settings))  # fmt: skip
    done = Release(api, given).run()
    return done.outcome, done.reason, {each.name: each.outcome for each in done.stages}


def test_what_the_engine_deployed_is_looked_at_and_not_believed(deploy, registry, api):
    """A stack in a cloud: the Jobs of this version are the proof that it migrated (R-P2-MIG)."""
    all_at_v1(deploy, registry)

    def engine(settings):
        done = Deployment(api, "local", manifests(record(settings)), force=True).run(120)
        assert done.succeeded
        return "4 updated"

    def broken(_):
        raise DeployError("api error Throttling")

    found = by_engine(api, "v7.0.0", broken)
    assert found == ("failed", "api error Throttling", {"deploy": "failed"})
    outcome, reason, stages = by_engine(api, "v7.0.0", lambda _: "nothing updated")
    assert (outcome, stages["deploy"]) == ("failed", "failed"), "it says so, and nothing moved"
    assert f"{AUTH}: runs v1.0.0" in reason
    stages = by_engine(api, "v7.0.0", engine)[2]
    assert stages == dict.fromkeys(("deploy", "migrate", "watch"), "succeeded")
    told = unmigrated(api, load("local", stack("v8.0.0")), [AUTH])
    assert told == [f"{AUTH}: no migration Job of v8.0.0"]


@pytest.fixture
def whole(deploy, registry):
    """Two at once released the gateway alone, and so pruned the other service."""
    all_at_v1(deploy, registry)


@pytest.mark.usefixtures("whole")
def test_a_killed_release_is_told_of_and_the_cluster_goes_on(mpk, cluster, api, kubectl, project):
    # The settings of that checkout, the program of this one.
    there = f"settings.loader.ROOT = pathlib.Path('{project.root}')"
    program = f"import cli.app, cli.release, pathlib, settings.loader; {there}; cli.app.main()"
    command = [sys.executable, "-c", program, "release", "v5.0.0", "--no-write",
               "--kubeconfig", cluster.kubeconfig]  # fmt: skip
    before = len(records.read(api, "local"))
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        while len(records.read(api, "local")) == before:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
    lease = ("lease", "manpasik-release-local", *SPACE)
    kubectl.eventually(*lease, holds=lambda found: found)
    kubectl("delete", *lease)  # what time does, too: see the lock's own test
    status = json.loads(mpk("status", "--json").stdout)
    assert status["interrupted"]
    assert "the release of v5.0.0 begun" in status["advice"][0]
    assert "go on: mpk release v5.0.0 --stack local" in status["advice"]
    behind = refused(mpk("release", "v4.0.0", "--service", "gateway", "--no-write"))
    assert f"{AUTH} would stay as it left them; first: mpk release v5.0.0" in behind
    assert mpk("status").exit_code in (0, 1)
