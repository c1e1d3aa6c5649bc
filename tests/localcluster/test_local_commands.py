"""`mpk local`: exit codes and messages, without a cluster."""

import json

import pytest
from typer.testing import CliRunner

import localcluster
from cli.app import app


def mpk_local(*arguments):
    return CliRunner().invoke(app, ["local", *arguments])


@pytest.fixture(autouse=True)
def _no_cluster(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path))


def test_status_of_no_cluster_exits_3_and_says_how_to_make_one():
    answer = mpk_local("status", "--name", "mine")
    assert answer.exit_code == 3
    assert "mpk local up --name mine" in answer.output


def test_status_in_json_is_json_and_nothing_else():
    answer = mpk_local("status", "--json")
    assert json.loads(answer.stdout) == {
        "name": "local",
        "exists": False,
        "ready": False,
        "processes": [],
        "nodes": [],
    }


def test_down_without_a_cluster_is_fine():
    answer = mpk_local("down")
    assert (answer.exit_code, "no cluster local" in answer.output) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["up", "--name", "A/B"], 2, "'A/B' is not usable"),
        (["up", "--nodes", "2", "--cpu", "abc"], 2, "'abc' is no Kubernetes quantity"),
        (["up", "--nodes", "0"], 2, "--nodes"),
        (["up", "--cpu", "8"], 2, "--nodes"),
        (["down", "--name", "../x"], 2, "is not usable"),
    ],
)
def test_bad_arguments_are_refused_without_a_traceback(arguments, code, says):
    answer = mpk_local(*arguments)
    assert answer.exit_code == code
    assert says in answer.output
    assert "Traceback" not in answer.output


def test_a_cluster_that_cannot_be_brought_up_exits_3_with_the_reason(monkeypatch):
    def failing(*_args, **_kwargs):
        raise localcluster.LocalClusterError("etcd ended before it was ready")

    monkeypatch.setattr(localcluster, "up", failing)
    answer = mpk_local("up")
    assert (answer.exit_code, "etcd ended" in answer.stderr) == (3, True)
    assert "Traceback" not in answer.output


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(localcluster, "up", interrupted)
    answer = mpk_local("up")
    assert answer.exit_code == 130
    assert "run the same command again" in answer.output
