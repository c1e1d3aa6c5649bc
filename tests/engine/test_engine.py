"""The program under the real Pulumi engine, against the local control plane.

Runs where `pulumi` is on PATH and can load the Kubernetes provider. The tests of this file build on
each other: preview, up, nothing to do, kill and repair, destroy. State, passphrase and cluster are
of this run alone.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import localcluster
from cli.embedded import nodes_of
from localcluster import processes, record
from settings import load
from settings.loader import ROOT
from settings.paths import local_kubeconfig

pytestmark = pytest.mark.engine
MPK = Path(sys.prefix) / "bin" / "mpk"
LIFETIME_SECONDS = 1800
MINUTES = 60
STACK_FILES = ("Pulumi.local.yaml", "Pulumi.dev.yaml")


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory):
    state = tmp_path_factory.mktemp("engine-state")
    before = {name: (ROOT / name).read_text() for name in STACK_FILES}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANPASIK_STATE", str(state))
        patch.delenv("PULUMI_BACKEND_URL", raising=False)
        patch.delenv("KUBECONFIG", raising=False)
        yield localcluster.up("local", nodes_of(load("dev")), lifetime_seconds=LIFETIME_SECONDS)
        localcluster.down("local")
        assert processes.running(record.directory_of("local")) == []
    assert {name: (ROOT / name).read_text() for name in STACK_FILES} == before


def mpk(*arguments, timeout=10 * MINUTES):
    done = subprocess.run(
        [MPK, *arguments], capture_output=True, text=True, check=False, timeout=timeout
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr


def up(stack):
    return mpk("up", stack, "--engine", "pulumi", "--kubeconfig", str(local_kubeconfig()), "--json")


def preview(stack):
    """What an update would do to the stack."""
    found = mpk("preview", stack, "--kubeconfig", str(local_kubeconfig()), "--json")
    return found["stacks"][0]


def destroy(stack):
    options = ["--engine", "pulumi", "--kubeconfig", str(local_kubeconfig()), "--confirm", stack]
    return mpk("destroy", stack, *options, "--json")


def namespaces(cluster):
    command = [
        cluster.kubectl,
        "--kubeconfig",
        cluster.kubeconfig,
        "get",
        "namespaces",
        "-o",
        "name",
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name for name in found.split() if "manpasik" in name}


@pytest.fixture
def plain(tmp_path):
    """The `pulumi` command in a copy of the project, with a backend of its own."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("__main__.py", "catalog", "settings", "components", ".venv"):
        (copy / name).symlink_to(ROOT / name)
    for name in ("Pulumi.yaml", "Pulumi.local.yaml"):
        (copy / name).write_text((ROOT / name).read_text())
    own = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "test"}

    def plain(*arguments):
        command = ["pulumi", *arguments, "--stack", "local", "--non-interactive"]
        return subprocess.run(
            command, cwd=copy, env=os.environ | own, capture_output=True, text=True, check=False
        )

    assert plain("stack", "init").returncode == 0
    return plain


def test_a_plain_preview_works_before_anything_exists(plain):
    done = plain("preview", "--json")
    assert done.returncode == 0, done.stderr
    changes = json.loads(done.stdout[done.stdout.index("{") :])["changeSummary"]
    assert changes.keys() == {"create"}
    assert changes["create"] > 200


def test_settings_that_are_refused_are_a_sentence_and_no_traceback(plain):
    secret = ("--secret", "--path", "manpasik:secrets.TOSS_SECRET_KEY", "short-and-wrong")
    assert plain("config", "set", *secret).returncode == 0
    done = plain("preview")
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert "manpasik:secrets.TOSS_SECRET_KEY = [secret]: has the wrong form" in told
    assert "Traceback" not in told
    assert "short-and-wrong" not in told


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_a_stack_comes_up_stays_unchanged_and_goes_without_a_trace(stack, cluster):
    assert preview(stack)["changes"].keys() == {"create"}
    assert namespaces(cluster) == set(), "a preview makes nothing"
    first = up(stack)
    assert first["succeeded"]
    assert first["changes"].keys() == {"create"}
    assert not preview(stack)["changed"]
    second = up(stack)
    assert not second["changed"], second["changes"]
    destroy(stack)
    assert namespaces(cluster) == set()


def test_an_update_that_is_killed_is_repaired_by_the_next(cluster):
    command = [MPK, "up", "local", "--engine", "pulumi"]
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 5 * MINUTES
    while not namespaces(cluster):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    time.sleep(15)
    assert process.poll() is None, "it was done before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    repaired = up("local")
    assert repaired["succeeded"]
    assert "replace" not in repaired["changes"], "what was half-created is adopted, not replaced"
    assert not up("local")["changed"]
    destroy("local")
    assert namespaces(cluster) == set()
