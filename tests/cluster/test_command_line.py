"""The whole program from the command line, on a cluster that the user names: there, and gone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import localcluster
from cli.app import app
from cli.embedded import nodes_of
from settings import load

pytestmark = pytest.mark.cluster
NAME = "named"
LIFETIME_SECONDS = 900


@pytest.fixture(scope="module")
def cluster(cluster_state):
    assert cluster_state
    yield localcluster.up(NAME, nodes_of(load("dev")), lifetime_seconds=LIFETIME_SECONDS)
    localcluster.down(NAME)


def test_the_whole_program_runs_from_the_command_line(cluster):
    command = [Path(sys.prefix) / "bin" / "mpk", "up", "dev", "--engine", "none"]
    options = ["--kubeconfig", cluster.kubeconfig, "--json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Deploying stack dev without the Pulumi engine")


def test_the_way_in_that_is_written_lets_its_holder_in(cluster, tmp_path, monkeypatch):
    """As a pipeline does it: `mpk kubeconfig`, then commands with that file (issue 7)."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    file = tmp_path / "kubeconfig"
    done = CliRunner().invoke(app, ["kubeconfig", "dev", "--output", str(file)])
    assert done.exit_code == 0, done.output
    assert "stack dev takes you for " in done.stderr
    monkeypatch.delenv("KUBECONFIG")
    done = CliRunner().invoke(app, ["status", "dev", "--kubeconfig", str(file), "--json"])
    assert done.exit_code == 0, done.output


def test_destroying_leaves_no_object_and_no_volume(cluster, kubectl_for):
    options = ["--confirm", "dev", "--engine", "none", "--kubeconfig", str(cluster.kubeconfig)]
    done = CliRunner().invoke(app, ["destroy", "dev", *options, "--json"])
    gone = json.loads(done.stdout)["objects"]
    assert any(name.startswith("Namespace/") for name in gone)
    kubectl = kubectl_for(cluster)
    spaces = {item["metadata"]["name"] for item in kubectl.get("namespaces")["items"]}
    assert not any(name.startswith("manpasik") for name in spaces)
    sets = ("configmaps", "--namespace", "default", "-l", "applyset.kubernetes.io/id")
    assert kubectl.get(*sets)["items"] == []
    kubectl.eventually("pv", holds=lambda found: not found["items"])
