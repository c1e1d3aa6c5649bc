"""The engine waits for a Rollout as its real controller means it (decision 4; 0046; A-1).

Plain `pulumi up`, as R-USE asks, so nothing of `mpk` looks afterwards: engine, Kubernetes provider,
API server, Rollouts controller and Prometheus are real, nodes are simulated. The tests build on
each other.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import localcluster
from localcluster import processes, record, releases
from tests.engine.standins import followed_program_path
from tests.engine.standins.product import rewrite
from tests.engine.standins.project import EngineProject
from tests.engine.standins.server import VARIABLE
from tests.support.servers import free_port

pytestmark = pytest.mark.engine
NAME = "followed"
LIFETIME_SECONDS = 900
GOOD, BAD = "vector(0.002)", "vector(0.034)"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANPASIK_STATE", str(tmp_path_factory.mktemp("followed-state")))
        yield releases.add(localcluster.up(NAME, lifetime_seconds=LIFETIME_SECONDS))
        localcluster.down(NAME)
        assert processes.running(record.directory_of(NAME)) == []


@pytest.fixture(scope="module")
def project(cluster, tmp_path_factory):
    made = EngineProject(tmp_path_factory.mktemp("followed") / "project", "")
    del made.environment[VARIABLE]
    made.environment |= {"PULUMI_BACKEND_URL": f"file://{made.root}",
                         "PULUMI_CONFIG_PASSPHRASE": "a test's own"}  # fmt: skip
    path = str(cluster.kubeconfig)
    said = {"kubeconfig": path, "followed": path, "prometheus": releases.prometheus_url(NAME)}
    made.write(followed_program_path(), {"local": said | {"tag": "v1", "query": GOOD}})
    pulumi(made, "stack", "init")
    return made


def pulumi(project, *arguments, code=0):
    command = [shutil.which("pulumi"), *arguments, "--stack", "local", "--non-interactive"]
    done = subprocess.run(command, cwd=project.root, env=project.environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    told = done.stdout + done.stderr
    assert (done.returncode == 0) == (code == 0), told
    return told


def up(project, code=0, **values):
    rewrite(project, "local", **values)
    return pulumi(project, "up", "--yes", "--skip-preview", code=code)


def test_an_update_is_over_when_the_canary_is_and_tells_its_steps(project):
    assert "Rollout gateway: 2/2 available" in up(project)
    told = up(project, tag="v2")
    assert "Rollout gateway: step 2 of 3" in told
    assert told.index("step 2 of 3") < told.index("Rollout gateway: 2/2 available")


def test_an_update_fails_with_the_metric_that_its_canary_failed_by(project):
    told = up(project, tag="v3", query=BAD, code=1)
    assert "metric error-ratio Failed: [0.034]" in told.replace("\n", " ")
    assert f"asked: {BAD}" in told


def test_after_a_failed_update_the_next_has_nothing_to_follow_as_the_docs_warn(project):
    """docs/engine.md: the state holds what was asked for; only a look at the cluster tells."""
    told = up(project)
    assert "unchanged" in told
    assert "Rollout gateway:" not in told


def test_an_update_fails_where_the_cluster_does_not_answer_the_hook(project, cluster, tmp_path):
    content = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    content["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free_port()}"
    silent = tmp_path / "kubeconfig"
    silent.write_text(yaml.safe_dump(content))
    told = up(project, tag="v4", query=GOOD, followed=str(silent), code=1)
    assert "the API server does not answer" in told
