"""`mpk plan --against`: one service's change names it, a default's all 23 (issue 4, line 7)."""

import json

import pytest
from typer.testing import CliRunner

from cli.app import app
from rendering import manifests, write_manifests
from tests.support.project import Project
from tests.support.recording import recorded
from tests.support.spoils import put


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The stack staging as files."""
    folder = tmp_path_factory.mktemp("before") / "staging"
    write_manifests(manifests(recorded("staging")), folder)
    return folder


@pytest.fixture
def planned(before, tmp_path, monkeypatch):
    """The plan against those files, after changes of the project."""

    def plan(form, *changes):
        project = Project.copied_to(tmp_path).spoil(*changes)
        monkeypatch.setattr("settings.loader.ROOT", project.root)
        done = CliRunner().invoke(
            app, ["plan", "staging", "--against", str(before), "--format", form]
        )
        assert done.exit_code == 0, done.output
        return done.stdout

    return plan


def test_one_service_s_change_names_that_service_alone(planned):
    own = {"replicas": 3, "image_tag": "sha-1234567"}
    told = planned("json", put("Pulumi.staging.yaml", STACK + "services", {SHOP: own}))
    (plan,) = json.loads(told)["plans"]
    assert {(each["kind"], each["name"]) for each in plan["objects"]} == {
        ("Deployment", SHOP),
        ("HorizontalPodAutoscaler", SHOP),
    }
    paths = {change["path"] for each in plan["objects"] for change in each["changes"]}
    assert "spec.minReplicas" in paths
    assert "spec.replicas" not in paths, "W-1"


def test_a_default_s_change_names_all_23_in_one_group_a_kind(planned):
    workload = [("max_replicas", 6), ("memory", "300Mi")]
    told = planned("text", *[put(ENVIRONMENTS, f"staging/workload/{k}", v) for k, v in workload])
    for kind in ("services", "HorizontalPodAutoscalers"):
        assert told.count(f"23 {kind}: admin-service, ai-inference-service, ") == 1
    assert told.count("spec.maxReplicas: 5 → 6") == 1
    assert told.count('.resources.requests.memory: "256Mi" → "300Mi"') == 1
    assert told.count("~ change ") == 3, "and the quota, which is twice what the figures come to"


STACK = "config/manpasik:stack/"
ENVIRONMENTS = "catalog/environments.yaml"
SHOP = "shop-service"
