"""`mpk schema`: rewrites what is stale and nothing else; `--check` says so in one sentence."""

import json
from pathlib import Path
from unittest import mock

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.schema import STALE
from settings.loader import ROOT
from settings.schema import schemas
from tests.support.project import Project
from tests.support.spoils import put

AUTH = "catalog/services/auth-service.yaml"
SERVICE = "schemas/service.json"


@pytest.fixture
def project(tmp_path, monkeypatch):
    project = Project.copied_to(tmp_path)
    monkeypatch.setattr("settings.loader.ROOT", project.root)
    assert mpk().exit_code == 0
    return project


def mpk(*arguments):
    return CliRunner().invoke(app, ["schema", *arguments])


def content(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_is_committed_is_what_the_command_writes(project):
    for path, written in content(project.root).items():
        assert (ROOT / path.relative_to(project.root)).read_bytes() == written


def test_a_second_run_changes_nothing_and_says_so(project):
    before = content(project.root)
    assert mpk().stderr == "no change\n"
    assert content(project.root) == before
    assert mpk("--check").exit_code == 0


def test_a_stale_file_is_one_sentence_and_stays(project):
    put(AUTH, "port", 50051)(project)
    before = content(project.root)
    done = mpk("--check")
    assert (done.exit_code, done.stdout) == (STALE, "")
    assert done.stderr == f"error {AUTH} is stale; run `mpk schema`\n"
    assert content(project.root) == before


def test_several_stale_files_are_one_sentence_all_the_same(project):
    put(AUTH, "port", 50051)(project)
    (project.root / SERVICE).write_text("{}")
    (project.root / "schemas/stack.json").unlink()
    done = mpk("--check")
    assert done.exit_code == STALE
    assert done.stderr == "error schemas/stack.json and 2 more are stale; run `mpk schema`\n"


def test_what_is_stale_is_rewritten_and_nothing_else(project):
    before = content(project.root)
    (project.root / SERVICE).write_text("{}")
    assert mpk().stderr == f"rewritten: {SERVICE}\n"
    assert content(project.root) == before


def test_the_schemas_are_printed_for_a_program_and_nothing_is_written(project):
    (project.root / SERVICE).unlink()
    assert json.loads(mpk("--json").stdout) == schemas()
    assert not (project.root / SERVICE).exists()


def test_what_is_stale_is_listed_for_a_program(project):
    (project.root / SERVICE).unlink()
    done = mpk("--check", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (STALE, {"stale": [SERVICE]})


def test_a_run_that_fails_leaves_the_old_file_and_no_other(project, monkeypatch):
    put(AUTH, "port", 50051)(project)
    before = content(project.root)

    full = mock.Mock(side_effect=OSError(28, "No space left on device"))
    monkeypatch.setattr(Path, "replace", full)
    done = mpk()
    assert (done.exit_code, "No space left on device" in done.stderr) == (2, True)
    assert content(project.root) == before


def test_a_rewritten_file_keeps_its_mode(project):
    put(AUTH, "port", 50051)(project)
    (project.root / AUTH).chmod(0o640)
    mpk()
    assert (project.root / AUTH).stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("typed", "offered"), [("sch", "schema"), ("rend", "render")])
def test_the_shell_completes_commands(typed, offered):
    env = {
        "_MPK_COMPLETE": "complete_bash", "COMP_WORDS": f"mpk {typed}", "COMP_CWORD": "1",
    }  # fmt: skip
    done = CliRunner().invoke(app, [], env=env, prog_name="mpk")
    assert done.stdout.split() == [offered]


def test_the_completion_can_be_shown_and_installed():
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    assert "--show-completion" in told
    assert "--install-completion" in told
