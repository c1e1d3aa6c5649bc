"""Whatever is killed, the same command again brings everything back without a manual step."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

import localcluster
from cli.app import app

pytestmark = pytest.mark.cluster
MPK = Path(sys.prefix) / "bin" / "mpk"
UP = ["up", "local", "--engine", "none"]


@pytest.fixture(scope="module", autouse=True)
def local_cluster(cluster_state):
    assert cluster_state
    yield
    localcluster.down("local")


def up():
    done = CliRunner().invoke(app, [*UP, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def killed_when_it_says(beginning):
    command = [MPK, *UP]
    with subprocess.Popen(
        command,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert any(line.startswith(beginning) for line in process.stderr), "it never said so"
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def kill_part(name):
    (part,) = [p for p in localcluster.status("local")["processes"] if p["name"] == name]
    psutil.Process(part["pid"]).kill()


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_deployment_killed_in_the_middle_is_finished_by_the_next():
    killed_when_it_says("✓ Job")
    outcome = up()
    assert outcome["succeeded"]
    ready = {o["name"] for o in outcome["objects"] if o["kind"] == "Deployment"}
    assert len(ready) == 23
    assert not up()["changed"]


@pytest.mark.parametrize("part", ["etcd", "kube-apiserver", "kube-controller-manager", "kwok"])
def test_a_killed_part_of_the_control_plane_is_repaired_by_the_next(part):
    kill_part(part)
    outcome = up()
    assert outcome["succeeded"]
    assert not outcome["changed"], "data of the cluster was lost"


def test_down_leaves_no_process_and_no_port_and_can_be_said_twice():
    before = localcluster.status("local")
    pids = [part["pid"] for part in before["processes"]]
    for _ in range(2):
        assert CliRunner().invoke(app, ["local", "down"]).exit_code == 0
    assert not [pid for pid in pids if runs(pid)]
    ports = {port for part in before["processes"] for port in part["ports"]}
    listening = {c.laddr.port for c in psutil.net_connections("tcp") if c.status == "LISTEN"}
    assert not ports & listening
