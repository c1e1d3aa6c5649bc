"""CRDs come from the modules that `tools/crds` pins, and only those that are needed.

That an API server serves them is shown in `tests/cluster/shared/test_kustomize.py`. A shell script
plays Go where Go must fail.
"""

import re

import pytest
from typer.testing import CliRunner

from cli.app import app
from localcluster import Cluster, LocalClusterError, crds, toolchain
from localcluster.programs import TOOLS
from localcluster.toolchain import Toolchain

PINS = (TOOLS / "crds" / "go.mod").read_text()


@pytest.fixture
def play_go(tmp_path, monkeypatch):
    """Put a script in Go's place."""
    script = tmp_path / "go"

    def play(body):
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        fake = Toolchain(go=script, identity="go version go1.26.6 linux/amd64")
        monkeypatch.setattr(toolchain, "find", lambda _required: fake)

    return play


@pytest.mark.parametrize("project", crds.SOURCES)
def test_every_project_s_module_is_pinned_and_proved(project):
    module = crds.SOURCES[project][0]
    version = re.search(rf"^\s+{re.escape(module)} (v\S+)$", PINS, re.MULTILINE)[1]
    sums = (TOOLS / "crds" / "go.sum").read_text()
    assert f"{module} {version} h1:" in sums


@pytest.mark.parametrize(
    ("project", "kind"),
    [
        ("cert-manager", "ClusterIssuer"),
        ("istio", "VirtualService"),
        ("sealed-secrets", "SealedSecret"),
    ],
)
def test_a_project_gives_its_definitions_and_no_other_object(project, kind):
    found = crds.crds(project)
    assert {each["kind"] for each in found} == {"CustomResourceDefinition"}
    assert kind in {each["spec"]["names"]["kind"] for each in found}


@pytest.mark.parametrize(
    ("version", "projects"),
    [
        ("networking.istio.io/v1", ["istio"]),
        ("cert-manager.io/v1", ["cert-manager"]),
        ("acme.cert-manager.io/v1", ["cert-manager"]),
        ("argoproj.io/v1alpha1", ["argo-cd", "argo-rollouts"]),
        ("monitoring.coreos.com/v1", ["prometheus-operator"]),
        ("apps/v1", []),
        ("v1", []),
        ("networking.k8s.io/v1", []),
    ],
)
def test_objects_need_the_projects_that_define_their_kinds(version, projects):
    assert crds.projects_for([{"apiVersion": version}]) == projects


def test_an_unknown_project_is_refused_with_the_known_ones():
    with pytest.raises(LocalClusterError, match=r"Unknown projects linkerd\. Known: argo-cd, "):
        crds.crds("linkerd")


def test_without_a_network_the_error_says_what_is_needed(play_go):
    play_go("""echo '{"Error": "dial tcp: lookup x: no such host"}'; exit 1""")
    with pytest.raises(
        LocalClusterError, match=r"istio\.io/api could not be fetched(.|\n)*module p"
    ):
        crds.crds("istio")


def test_a_module_that_is_not_what_was_pinned_is_an_error(play_go):
    play_go("echo 'verifying istio.io/api: checksum mismatch' >&2; exit 1")
    with pytest.raises(LocalClusterError, match=r"checksum mismatch(.|\n)*tools/crds/go\.mod"):
        crds.crds("istio")


def test_a_release_that_moved_its_definitions_is_an_error(play_go, tmp_path):
    play_go(f"""echo '{{"Dir": "{tmp_path}"}}'""")
    with pytest.raises(LocalClusterError, match=r"istio\.io/api holds no definition under"):
        crds.crds("istio")


@pytest.mark.parametrize(("option", "served"), [((), []), (("--crds",), ["all of them"])])
def test_a_person_s_cluster_serves_the_kinds_that_are_asked_for(monkeypatch, option, served):
    found = []
    made = Cluster(
        name="mine", kubeconfig=TOOLS, context="", server="", kubectl=TOOLS, started=(), nodes=()
    )
    monkeypatch.setattr("localcluster.up", lambda *_, **__: made)
    monkeypatch.setattr(crds, "crds", lambda **_: ["all of them"])
    monkeypatch.setattr(crds, "install", lambda _, definitions, __: found.extend(definitions))
    assert CliRunner().invoke(app, ["local", "up", "--name", "mine", *option]).exit_code == 0
    assert found == served


def test_only_the_kinds_that_are_used_are_installed():
    wanted = [{"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}]
    (found,) = crds.needed(wanted)
    assert found["spec"]["names"]["kind"] == "PrometheusRule"
    assert crds.needed([{"apiVersion": "v1", "kind": "Secret"}]) == []
