"""Where a plan's other side comes from: a stack, a folder, the program of a commit."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import BAD_INPUT, NOT_THERE, app
from cli.plan import CHANGES
from rendering import manifests, write_manifests
from rendering.commits import SourceError
from rendering.marked import BESIDE
from rendering.plan_text import as_text
from rendering.sources import Source, Sources
from settings.loader import ROOT
from tests.support.plans import between
from tests.support.recording import recorded
from tests.support.repositories import commit, git, put_program


def mpk(*arguments):
    return CliRunner().invoke(app, ["plan", *map(str, arguments)])


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """This tree as the one commit of a repository, and an empty one before it."""
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "--quiet")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "nothing yet")
    git(root, "tag", "empty")
    (root / "README.md").write_text("no program yet")
    commit(root, "a beginning")
    git(root, "tag", "old")
    put_program(root, "Pulumi.local.yaml")
    commit(root, "all")
    return root


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary folders come to lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The stack dev as files."""
    folder = tmp_path_factory.mktemp("rendered") / "dev"
    write_manifests(manifests(recorded("dev")), folder)
    return folder


def test_what_nodes_hold_is_worked_out_for_a_comment_and_not_for_a_plan(monkeypatch):
    asked = []
    monkeypatch.setattr("rendering.sources.report", asked.append)
    monkeypatch.setattr("rendering.sources.record", lambda _: [])
    Sources().stack("local", whole=True)
    assert not asked, "issue 4, line 7: it takes longer than a recording, and no plan shows it"
    Sources(with_capacity=True).stack("local", whole=True)
    assert len(asked) == 1


def test_a_folder_equals_the_stack_that_it_was_rendered_from(rendered):
    result = mpk("dev", "--against", rendered, "--exit-code")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"stack dev against folder {rendered}: no change\n")
    assert "a change shows only as another checksum" in result.stdout


def test_a_stack_that_a_commit_cannot_differ_in_is_not_recorded(monkeypatch):
    monkeypatch.setattr("rendering.sources.alike", lambda *_: frozenset({"dev"}))
    monkeypatch.setattr("rendering.sources.record", lambda *_: pytest.fail("recorded"))
    result = mpk("dev", "--against", "HEAD", "--exit-code")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("stack dev against HEAD (")


def rented(size):
    spec = {"instanceClass": size}
    return {"apiVersion": BESIDE, "kind": "rds/Instance", "metadata": {"name": "db"}, "spec": spec}


def test_a_plan_tells_of_what_is_rented_and_asks_for_its_commit_once(monkeypatch):
    """As `mpk pr-comment` does: one comparison, of the whole stack (issue 7)."""
    asked = []

    def answer(_, name, stacks=(), root=None, *, whole):
        asked.append((name if isinstance(name, str) else name.id, whole, root))
        source = Source("it", [rented(f"db.{len(asked)}")])
        return dict.fromkeys(stacks, source) if stacks else source

    names = []
    monkeypatch.setattr("rendering.commits.resolved", lambda ref, _: names.append(ref) or "c" * 40)
    monkeypatch.setattr("rendering.sources.alike", lambda *_: frozenset())
    for source in ("stack", "commit"):
        monkeypatch.setattr(Sources, source, answer)
    result = mpk("dev", "--against", "HEAD")
    assert result.exit_code == 0, result.output
    assert "rds/Instance: db" in result.stdout
    assert "whether a cloud changes one of its resources in place" in result.stdout
    assert (names, {whole for _, whole, _ in asked}) == (["HEAD"], {True})


def test_a_clean_tree_equals_its_commit_and_nothing_is_left_behind(repository, temporary):
    sources = Sources()
    old = sources.commit("HEAD", ["dev"], repository)["dev"]
    assert as_text(between(old.objects, sources.stack("dev").objects)).endswith(": no change\n")
    assert list(temporary.iterdir()) == []


def test_a_commit_speaks_with_its_own_code_and_catalogue(repository, tmp_path):
    root = tmp_path / "changed"
    shutil.copytree(repository, root)
    pods = root / "components/pods.py"
    pods.write_text(pods.read_text().replace("JOB_RETRIES = 3", "JOB_RETRIES = 7"))
    git(root, "commit", "--all", "--quiet", "--message", "other")
    sources = Sources()
    found = sources.commit("HEAD", ["dev"], root)["dev"].objects
    assert {o["spec"]["backoffLimit"] for o in found if o["kind"] == "Job"} == {7}


def test_a_commit_s_secrets_are_compared_and_not_told(repository):
    found = Sources().commit("HEAD", ["dev"], repository)["dev"]
    values = [o["stringData"] for o in found.objects if o["kind"] == "Secret"]
    assert all("mark" not in repr(value) and len(repr(value)) < 600 for value in values)
    assert all(each.mark for value in values for each in value.values())


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "HEAD~99", "", "HEAD:README.md"])
def test_an_unknown_commit_is_refused_with_what_could_be_named(repository, temporary, ref):
    with pytest.raises(SourceError, match="no stack, no folder and no commit of that name; name"):
        Sources().commit(ref, ["dev"], repository)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("ref", "message"),
    [("old", r"old \(.*\) cannot be recorded; it is too old"), ("empty", "holds no files")],
)
def test_a_commit_before_the_recorder_is_refused_and_nothing_is_left(
    repository, temporary, ref, message
):
    with pytest.raises(SourceError, match=message):
        Sources().commit(ref, ["dev"], repository)
    assert list(temporary.iterdir()) == []


def test_a_stack_that_the_commit_does_not_have_is_all_new(repository):
    found = Sources().commit("HEAD", ["staging"], repository)["staging"]
    assert found.objects == []
    assert "does not exist at HEAD" in found.cannot_know[0]


def test_a_commit_whose_stack_is_not_sound_is_refused_with_its_problems(repository, tmp_path):
    root = tmp_path / "unsound"
    shutil.copytree(repository, root)
    (root / "Pulumi.dev.yaml").write_text("config: {manpasik:stack: {environment: moon}}")
    git(root, "commit", "--all", "--quiet", "--message", "unsound")
    with pytest.raises(SourceError, match=r"(?s)stack dev at HEAD .*environment"):
        Sources().commit("HEAD", ["dev"], root)


BAD_FILES = {
    "empty": ({}, "holds no YAML file"),
    "broken": ({"a.yaml": "a: [PlantedSecret"}, r"a\.yaml is not readable YAML"),
    "other": ({"a.yaml": "a: 1"}, "something else than Kubernetes objects"),
    "list": ({"a.yaml": "- 1"}, "something else than Kubernetes objects"),
    "bytes": ({"a.yaml": b"\xff"}, r"a\.yaml is not readable YAML"),
}


@pytest.mark.parametrize(("files", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_folder_that_is_no_rendering_is_refused(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError, match=message) as refused:
        Sources().folder(tmp_path)
    assert "PlantedSecret" not in str(refused.value)


def test_several_stacks_are_planned_at_once_as_one_document():
    result = mpk("dev", "local", "--against", "dev", "--json", "--exit-code")
    assert result.exit_code == CHANGES
    first, second = json.loads(result.stdout)["plans"]
    assert (first["stack"], first["objects"]) == ("dev", [])
    assert second["summary"]["replace"] == 22


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_changes_alone_are_no_failure(form):
    result = mpk("local", "--against", "dev", "--format", form)
    assert result.exit_code == 0
    assert "manpasik.com/stack" in result.stdout


def test_several_stacks_need_a_folder_each(rendered):
    result = mpk("dev", "local", "--against", rendered)
    assert result.exit_code == BAD_INPUT
    assert "render each stack into its own" in result.stderr


def test_a_cluster_that_is_not_there_is_not_a_plan(tmp_path):
    result = mpk("dev", "--against", "live", "--kubeconfig", tmp_path / "none")
    assert (result.exit_code, result.stdout) == (NOT_THERE, "")


def test_the_installed_program_plans_against_head_by_default():
    command = [Path(sys.executable).with_name("mpk"), "plan", "dev", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (told,) = json.loads(done.stdout)["plans"]
    assert told["against"].startswith("HEAD (")
