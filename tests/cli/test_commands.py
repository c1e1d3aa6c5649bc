"""What the commands say where there is no engine, no cluster, or nothing to do."""

import json

import pytest
from typer.testing import CliRunner

from cli.app import app
from settings.loader import ROOT
from tests.support.project import Project


@pytest.fixture
def mpk(tmp_path, monkeypatch):
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("MANPASIK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return lambda *arguments, **options: CliRunner().invoke(app, list(arguments), **options)


def test_check_speaks_json(mpk):
    done = mpk("check", "local", "--json")
    assert done.exit_code == 0
    assert len(json.loads(done.stdout)["local"]["services"]) == 23


def test_render_lists_what_it_wrote(mpk, tmp_path):
    done = mpk("render", "dev", "-o", str(tmp_path / "out"), "--json")
    files = json.loads(done.stdout)["files"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*files, ".rendered"}
    assert "manpasik.deployment.gateway.yaml" in files


def test_the_engine_that_is_asked_for_and_not_there_is_one_sentence(mpk):
    done = mpk("up", "local", "--engine", "pulumi")
    assert done.exit_code == 3
    assert "there is no `pulumi` on PATH" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stack_without_a_cluster_is_refused_with_what_to_set(mpk):
    done = mpk("up", "dev", "--engine", "none")
    assert done.exit_code == 2
    assert "manpasik:stack.cluster.kubeconfig" in done.stderr
    assert "export KUBECONFIG" in done.stderr


def test_a_kubeconfig_that_is_not_there_is_named(mpk, tmp_path):
    done = mpk("up", "dev", "--engine", "none", "--kubeconfig", str(tmp_path / "none"))
    assert done.exit_code == 3
    assert "there is no kubeconfig at" in done.stderr


def test_encrypted_values_need_the_engine(mpk, tmp_path, monkeypatch):
    project = Project.copied_to(tmp_path / "project")
    text = (ROOT / "Pulumi.dev.yaml").read_text()
    encrypted = "  manpasik:secrets:\n    LLM_API_KEY:\n      secure: v1:abc\n"
    (project.root / "Pulumi.dev.yaml").write_text(text + encrypted)
    monkeypatch.setattr("settings.loader.ROOT", project.root)
    monkeypatch.setattr("cli.engine.ROOT", project.root)
    done = mpk("up", "dev", "--engine", "none")
    assert done.exit_code == 3
    assert "only the engine can open" in done.stderr


def test_destroying_needs_the_stack_s_name_again(mpk):
    done = mpk("destroy", "local", "--confirm", "dev")
    assert done.exit_code == 2
    assert "not deleted" in done.stderr


def test_destroying_what_is_nowhere_starts_no_cluster(mpk, tmp_path):
    done = mpk("destroy", "local", "--confirm", "local", "--engine", "none")
    assert done.exit_code == 0
    assert "nothing to delete" in done.stdout
    assert not (tmp_path / "state" / "clusters").exists()


@pytest.mark.parametrize("arguments", [(), ("--help",), ("up", "--help"), ("local", "--help")])
def test_every_level_explains_itself(mpk, arguments):
    assert "Usage" in mpk(*arguments).output


NEEDS_AN_ENGINE = [
    ["preview", "dev"],
    ["refresh", "dev"],
    ["drift", "dev"],
    ["outputs", "dev"],
    ["import", "dev", "auth-database=db-1"],
    ["kubeconfig", "production-kr"],
    ["up", "dev", "--engine", "pulumi"],
    ["up", "production-kr"],
    ["destroy", "dev", "--confirm", "dev", "--engine", "pulumi"],
    ["destroy", "production-kr", "--confirm", "production-kr"],
    ["engine", "path"],
]
"""Each command of the first group; a stack in a cloud needs the engine unasked."""


def one_sentence(done):
    assert done.exit_code == 3, done.output
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize("command", NEEDS_AN_ENGINE, ids=" ".join)
def test_without_an_engine_what_needs_one_is_one_sentence_and_a_code(mpk, monkeypatch, command):
    """Issue 7, acceptance 6. A cluster is named: the engine is what is missing."""
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert "engine" in one_sentence(mpk(*command)) or "`pulumi`" in one_sentence(mpk(*command))


@pytest.mark.parametrize(
    "command", [["engine", "install"], *([*c, "--install-engine"] for c in NEEDS_AN_ENGINE[:-1])],
    ids=" ".join,
)  # fmt: skip
def test_where_none_can_be_installed_each_says_how_to_bring_one(mpk, monkeypatch, command):
    monkeypatch.setenv("MANPASIK_ENGINE_FROM", "/nowhere")
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    told = one_sentence(mpk(*command))
    assert "cannot be fetched from /nowhere" in told
    assert "or name a folder that holds pulumi-v" in told


def test_a_plan_that_is_not_there_is_refused_before_anything_begins(mpk, tmp_path):
    done = mpk("up", "dev", "--engine", "none", "--plan", str(tmp_path))
    assert done.exit_code == 3
    assert "drop --plan" in done.stderr


def test_several_stacks_are_deleted_only_when_each_is_named_again(mpk):
    done = mpk("destroy", "dev", "staging", "--confirm", "dev", "--engine", "none")
    assert done.exit_code == 2
    assert "not deleted: 'dev' is not the stacks' names 'dev staging'" in done.stderr
