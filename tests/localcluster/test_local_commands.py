"""`mpk local`: exit codes and messages, without a cluster."""

import json

import pytest
from typer.testing import CliRunner

import localcluster
from cli.local import app

RUN = CliRunner()


@pytest.fixture(autouse=True)
def _no_cluster(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path))


def test_status_of_no_cluster_exits_3_and_says_how_to_make_one():
    answer = RUN.invoke(app, ["status", "--name", "mine"])
    assert answer.exit_code == 3
    assert "mpk local up --name mine" in answer.output


def test_status_in_json_is_json_and_nothing_else():
    answer = RUN.invoke(app, ["status", "--json"])
    assert json.loads(answer.stdout) == {
        "name": "local",
        "exists": False,
        "ready": False,
        "processes": [],
        "nodes": [],
    }


def test_down_without_a_cluster_is_fine():
    answer = RUN.invoke(app, ["down"])
    assert (answer.exit_code, "no cluster local" in answer.output) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["up", "--name", "A/B"], 1, "'A/B' is not usable"),
        (["up", "--nodes", "2", "--cpu", "abc"], 1, "'abc' is no Kubernetes quantity"),
        (["up", "--nodes", "0"], 2, "--nodes"),
        (["up", "--cpu", "8"], 2, "--nodes"),
        (["down", "--name", "../x"], 1, "is not usable"),
    ],
)
def test_bad_arguments_are_refused_without_a_traceback(arguments, code, says):
    answer = RUN.invoke(app, arguments)
    assert answer.exit_code == code
    assert says in answer.output
    assert "Traceback" not in answer.output


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(localcluster, "up", interrupted)
    answer = RUN.invoke(app, ["up"])
    assert answer.exit_code == 130
    assert "run the same command again" in answer.output
