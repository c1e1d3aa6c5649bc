"""The workflows: judged, pinned, of least rights, made of commands that run here (line 1)."""

import json
import re
import shlex

import pytest
import typer
from typer.testing import CliRunner

from cli.app import app
from settings.cloud import AwsSettings, GcpSettings
from settings.loader import ROOT, load_catalog, stack_names
from settings.stack import Images
from tests.support.workflows import ACTIONS, FOLDER, jobs, judged, steps, workflows

PIN = re.compile(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$|uses: \./\.github/\S+ #")
WRITES = {  # What a job may write, and why nothing else may.
    "comment.yml: publish": {"pull-requests"},
    "engine-preview.yml: preview": {"id-token"},
    "cd.yml: images": {"packages", "id-token", "attestations"},
    "cd.yml: staging": {"id-token"},
    "cd.yml: e2e": {"id-token"},
    "cd.yml: production": {"id-token"},
    "cd.yml: above": {"id-token"},
    "dev.yml: images": {"packages", "id-token", "attestations"},
    "dev.yml: dev": {"id-token"},
    "images.yml: image": {"packages", "id-token", "attestations"},
    "nightly.yml: drift": {"id-token"},
}
RUNS = [(place, step["run"]) for place, step in steps() if "run" in step]


def test_actionlint_and_zizmor_have_nothing_to_say():
    assert judged() == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("permissions: {}\n", "", "excessive-permissions"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-1.0", "label"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("run: make setup", "run: echo ${{ github.head_ref }}", "template-injection"),
    ],
)
def test_a_spoiled_workflow_is_found(tmp_path, old, new, says):
    text = (FOLDER / "preview.yml").read_text()
    assert old in text
    (tmp_path / "spoiled.yml").write_text(text.replace(old, new))
    assert says in "".join(judged(tmp_path))


@pytest.mark.parametrize(("place", "run"), RUNS)
def test_every_step_is_a_command_that_exists_here(place, run):
    assert "\n" not in run, f"{place}: more than a line is a command's work"
    words = shlex.split(run.partition(" > ")[0])
    words = [KNOWN.get(word, word) for word in words]
    if words[0] == "make":
        rules = re.findall(r"^([a-z ]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert words[1] in " ".join(rules).split()
        return
    assert words[0] == ".venv/bin/mpk"
    command, rest = typer.main.get_command(app), words[1:]
    while hasattr(command, "commands"):
        command, rest = command.get_command(None, rest[0]), rest[1:]
    command.make_context("mpk", rest)


ROLE = "./.github/actions/take-role"
KNOWN = {"$VERSION": "v1.2.3", "$STACK": "staging", "$TIER": "recorded", "$LANGUAGE": "go",
         "$DRILL": "rolling", "$PROMETHEUS": "http://p",
         "$DIGEST": "sha256:0", "$IMAGE": "ghcr.io/manpasik/auth-service"}  # fmt: skip


def test_every_action_is_pinned_by_a_whole_digest_with_its_tag():
    for path in [*FOLDER.glob("*.yml"), *ACTIONS.glob("*/action.yml")]:
        for line in path.read_text().splitlines():
            assert "uses: " not in line or PIN.search(line), f"{path.name}: {line}"


def test_nobody_has_rights_that_are_not_stated_here():
    for name, workflow in workflows().items():
        assert workflow["permissions"] == {}, name
        assert "concurrency" in workflow, name
    for place, _, job in jobs():
        rights = {right for right, kind in job["permissions"].items() if kind == "write"}
        assert rights == WRITES.get(place, set()), place


def test_no_checkout_keeps_the_token_and_no_workflow_reads_a_secret():
    for place, step in steps():
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false", place
    files = [*FOLDER.glob("*.yml"), *ACTIONS.glob("*/action.yml")]
    assert not [p.name for p in files if "secrets." in p.read_text()]


def test_what_a_pull_request_starts_has_nothing_to_steal():
    """P-5: its own program, catalogue and workflow run there."""
    started = {n: w for n, w in workflows().items() if "pull_request" in w["on"]}
    assert set(started) == {"ci.yml", "preview.yml"}
    for name, workflow in started.items():
        assert not re.search(r"github\.token|vars\.|GITHUB_TOKEN", (FOLDER / name).read_text())
        for job in workflow["jobs"].values():
            assert job["permissions"] == {"contents": "read"}
            assert "environment" not in job


def test_no_workflow_runs_a_pull_request_s_code_with_rights():
    for name, workflow in workflows().items():
        assert "pull_request_target" not in workflow["on"], name
        assert "issue_comment" not in workflow["on"], name
    (job,) = workflows()["comment.yml"]["jobs"].values()
    (checkout,) = [s for s in job["steps"] if "checkout" in s.get("uses", "")]
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert all("${{" not in step.get("run", "") for step in job["steps"])


def test_a_role_is_taken_only_in_an_environment_and_for_one_deployment_at_a_time():
    for place, _, job in jobs():
        uses = [step.get("uses", "") for step in job.get("steps", [])]
        assert not [each for each in uses if "credentials" in each or "auth@" in each], place
        if ROLE in uses:
            assert job.get("environment"), f"{place}: the role's trust names an environment"
            assert job["permissions"]["id-token"] == "write"
            assert "concurrency" in job or job["environment"] == "preview", place


@pytest.mark.parametrize("job", ["staging", "production"])
def test_a_release_has_the_role_the_way_in_and_then_uses_it(job):
    job = workflows()["cd.yml"]["jobs"][job]
    did = [step.get("run", step.get("uses", "")) for step in job["steps"]]
    stack = '"$STACK"' if "matrix" in job["environment"] else job["environment"]
    role = did.index(ROLE)
    assert job["steps"][role]["with"]["stack"] == job["environment"]
    (way,) = [run for run in did if f"mpk kubeconfig {stack}" in run]
    (release,) = [run for run in did if "mpk release" in run]
    assert did.index(".venv/bin/mpk engine install") < role < did.index(way) < did.index(release)
    for command in (way, release):
        step = job["steps"][did.index(command)]
        assert "PULUMI_BACKEND_URL" in step["env"], "both read the engine's state"
    cluster = {"CLUSTER_SERVER", "CLUSTER_AUTHORITY"}
    assert job["steps"][did.index(way)]["env"].keys() >= cluster, "of one's own (0075)"
    file = '"$RUNNER_TEMP/kubeconfig"'
    assert f"--output {file}" in way
    assert f"--stack {stack} --kubeconfig {file}" in release


def test_phase_4_goes_region_by_region_and_the_stack_above_comes_last():
    """R-P4-REG: the settings say which and in which order; a failure reaches no other."""
    found = workflows()["cd.yml"]["jobs"]
    regions, above = found["production"], found["above"]
    assert regions["strategy"] == {
        "max-parallel": "1",
        "fail-fast": "true",
        "matrix": {"stack": "${{ fromJSON(needs.targets.outputs.clusters) }}"},
    }
    assert regions["environment"] == "${{ matrix.stack }}", "each region is opened by itself"
    assert above["needs"] == ["targets", "production"]
    assert above["if"] == "needs.targets.outputs.above != ''"
    assert above["environment"] == regions["environment"].replace(
        "matrix.stack", "needs.targets.outputs.above"
    )
    assert found["released"]["needs"] == ["production", "above"]
    assert found["released"]["if"] == "${{ !failure() && !cancelled() }}", "above may be left out"


def test_every_stack_in_a_cloud_is_previewed_on_request_and_looked_at_every_night():
    shared = {*stack_names()} - {"local", "dev"}
    (inputs,) = workflows()["engine-preview.yml"]["on"].values()
    assert {*inputs["inputs"]["stack"]["options"]} == shared
    found = workflows()["nightly.yml"]["jobs"]
    assert found["drift"]["strategy"]["matrix"]["stack"].endswith("needs.stacks.outputs.all) }}")
    (asked,) = [s["run"] for s in found["stacks"]["steps"] if "targets" in s.get("run", "")]
    assert "targets staging production" in asked


def test_every_role_is_asked_for_with_all_that_names_a_stack_s_place():
    """In a cloud, or on a cluster of one's own: which, the settings say, not the workflow."""
    found = [step["with"] for _, step in steps() if step.get("uses") == ROLE]
    assert len(found) == 7
    for given in found:
        assert given.keys() - {"seconds"} == {
            "stack", "aws-role", "gcp-provider", "gcp-account", "backend",
            "cluster-server", "cluster-authority",
        }  # fmt: skip


def test_the_login_follows_the_stack_and_holds_no_key():
    """Each cloud's own login, by OIDC; which one, the settings say (`mpk cloud`)."""
    own = [step for place, step in steps() if place.startswith("take-role")]
    logins = {s["if"].split("'")[1]: set(s["with"]) for s in own if "auth@" in s.get("uses", "")
              or "credentials@" in s.get("uses", "")}  # fmt: skip
    assert logins.keys() == {member.model_fields["provider"].annotation.__args__[0]
                             for member in (AwsSettings, GcpSettings)}  # fmt: skip
    assert logins["aws"] == {"role-to-assume", "role-duration-seconds", "aws-region"}
    assert logins["gcp"] == {"workload_identity_provider", "service_account", "project_id"}


def test_each_image_is_built_once_and_what_was_built_is_scanned_signed_and_then_named():
    """R-IMG-1, R-IMG-2: every image, `migrations` too, by its digest alone until it is named."""
    job = workflows()["images.yml"]["jobs"]["image"]
    did = job["steps"]
    order = ("build-push-action", "trivy-action", "attest-build-provenance", "mpk image-name")
    found = [[s for s in did if part in s.get("uses", s.get("run", ""))] for part in order]
    assert [len(each) for each in found] == [1, 1, 1, 1]
    build, scan, sign, name = (each[0] for each in found)
    assert [s for s in did if s in (build, scan, sign, name)] == [build, scan, sign, name]
    assert "push-by-digest=true" in build["with"]["outputs"]
    assert "tags" not in build["with"]
    assert "REVISION=${{ steps.product.outputs.commit }}" in build["with"]["build-args"]
    digest = "${{ steps.built.outputs.digest }}"
    assert scan["with"]["image-ref"].endswith(f"@{digest}")
    assert sign["with"]["subject-digest"] == name["env"]["DIGEST"] == digest


def test_the_matrix_builds_every_image_of_the_recipe(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert CliRunner().invoke(app, ["images", "--to-workflow"]).exit_code == 0
    found = json.loads((tmp_path / "output").read_text().removeprefix("images="))
    assert {each["name"] for each in found} == {*load_catalog().services, "migrations"}
    recipe = (ROOT / "images/Dockerfile").read_text()
    assert all(f" AS {each['target']}\n" in recipe for each in found)
    used = set(re.findall(r"matrix\.image\.(\w+)", (FOLDER / "images.yml").read_text()))
    assert all(each.keys() == used for each in found)
    host = Images().registry.partition("/")[0]
    assert f"registry: {host}\n" in (FOLDER / "images.yml").read_text()


@pytest.mark.parametrize("job", ["production", "above"])
def test_production_waits_for_its_environment_and_for_the_checklist(job):
    job = workflows()["cd.yml"]["jobs"][job]
    runs = [step.get("run", "") for step in job["steps"]]
    approved = next(i for i, run in enumerate(runs) if "evidence approval" in run)
    checked = next(i for i, run in enumerate(runs) if "--before-production" in run)
    released = next(i for i, run in enumerate(runs) if "mpk release" in run)
    assert approved < checked < released
    assert '--stack "$STACK"' in runs[checked]
    assert job["env"]["STACK"] == job["environment"], "the approval is of this very environment"
    assert all("|| true" not in run for run in runs)
