"""`mpk kubeconfig`: the way into a stack's cluster, private, tried, or refused (R-P2-CD)."""

import json
import stat
from types import SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner

from cli import acting, kubeconfig
from cli.app import BAD_INPUT, NOT_THERE, app
from cli.fleet import Outcome
from components import way_in
from tests.support.clouds import CLOUDS, on
from tests.support.topologies import above, settings

KNOWN = {"aws": "aws", "gcp": "gke-gcloud-auth-plugin"}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("MANPASIK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path


def mpk(*arguments):
    return CliRunner().invoke(app, ["kubeconfig", *map(str, arguments)])


def told(cloud):
    """What the program publishes there (tests/program/test_regions.py, tests/engine)."""
    text = way_in.kubeconfig("manpasik", "https://127.0.0.1:9", "Yg==", {"command": KNOWN[cloud]})
    return {"kubeconfig": text}


@pytest.fixture(params=CLOUDS)
def published(request, monkeypatch):
    """A stack in a cloud whose engine tells what the program publishes."""
    found = on("staging", request.param)
    monkeypatch.setattr(kubeconfig, "load", lambda _: found)
    engine = SimpleNamespace(outputs=lambda **_: told(request.param))

    def act(names, _asked, action):
        work = acting.Work(settings=found, engine=engine, kubeconfig=None, on_event=print)
        return [Outcome(stack=names[0], state="done", result=action(work))]

    monkeypatch.setattr(acting, "act", act)
    return request.param


def test_a_stack_in_a_cloud_gives_what_it_published_to_its_owner_alone(published, place):
    file = place / "deep" / "kubeconfig"
    done = mpk("staging", "-o", file, "--no-try", "--json")
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    (user,) = yaml.safe_load(file.read_text())["users"]
    assert user["user"]["exec"]["command"] == KNOWN[published]
    assert json.loads(done.stdout)["kubeconfig"] == str(file)


def test_a_token_s_command_that_is_not_here_is_named_and_nothing_is_written(published, place):
    done = mpk("staging", "-o", place / "kubeconfig")
    assert done.exit_code == BAD_INPUT
    assert f"{KNOWN[published]}, which is not on PATH" in done.stderr
    assert not (place / "kubeconfig").exists()


def test_a_cluster_that_lets_nobody_in_is_told_with_what_keeps_it_private(published, place):
    fake = place / "bin" / KNOWN[published]
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    done = mpk("staging", "-o", place / "kubeconfig")
    assert done.exit_code == NOT_THERE
    assert "its API is private: run this inside its network" in done.stderr
    assert not (place / "kubeconfig").exists()


def test_a_stack_that_is_not_up_says_what_brings_it_up(monkeypatch):
    monkeypatch.setattr(kubeconfig, "load", lambda _: on("staging", "aws"))
    monkeypatch.setattr(
        acting, "act", lambda names, *_: [Outcome(stack=names[0], state="done", result=None)]
    )
    done = mpk("staging")
    assert (done.exit_code, "first: mpk up staging" in done.stderr) == (BAD_INPUT, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda: settings(above("aws", "kr", "jp"), "production"), "name one of production-kr, pr"),
        (lambda: on("dev", "gcp", kind="server"), "it has no cluster"),
    ],
    ids=["above the regions", "a server"],
)
def test_a_stack_without_a_cluster_says_so(monkeypatch, given, says):
    found = given()
    monkeypatch.setattr(kubeconfig, "load", lambda _: found)
    done = mpk("x")
    assert (done.exit_code, says in done.stderr) == (BAD_INPUT, True), done.output


def named(place, **user):
    """A kubeconfig of somebody's, with two clusters and a file beside it."""
    file = place / "given"
    parts = {
        part: [{"name": each, one: dict(what)} for each in ("first", "second")]
        for part, one, what in (
            ("contexts", "context", {"cluster": "second", "user": "second"}),
            (
                "clusters",
                "cluster",
                {"server": "https://127.0.0.1:9", "certificate-authority": "a"},
            ),
            ("users", "user", user),
        )
    }
    file.write_text(yaml.safe_dump({"current-context": "first", **parts}))
    return file


def test_a_stack_that_names_its_cluster_gets_that_context_alone(place, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(named(place, token="t")))  # noqa: S106 - no secret
    done = mpk("dev", "--no-try")
    file = place / "state/kubeconfigs/dev"
    assert (done.exit_code, done.stdout.strip()) == (0, str(file)), done.output
    found = yaml.safe_load(file.read_text())
    assert [len(found[part]) for part in ("contexts", "clusters", "users")] == [1, 1, 1]
    assert found["clusters"][0]["cluster"]["certificate-authority"] == str(place / "a")


def test_what_is_not_private_already_and_one_s_own_are_left_alone(place, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(named(place)))
    open_to_all = place / "open"
    open_to_all.write_text("mine")
    open_to_all.chmod(0o644)
    link = place / "link"
    link.symlink_to(open_to_all)
    for file in (open_to_all, link, place / "home/.kube/config"):
        assert mpk("dev", "--no-try", "-o", file).exit_code == BAD_INPUT
    assert open_to_all.read_text() == "mine"
    assert mpk("dev", "--no-try").exit_code == mpk("dev", "--no-try").exit_code == 0, "twice"


@pytest.mark.parametrize("text", ["", "a: [", "current-context: x", "- 1"])
def test_what_is_no_kubeconfig_is_one_sentence(place, monkeypatch, text):
    file = place / "given"
    file.write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(file))
    done = mpk("dev", "--no-try")
    assert done.exit_code == BAD_INPUT
    assert "Traceback" not in done.output
