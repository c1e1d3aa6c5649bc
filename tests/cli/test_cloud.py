"""`mpk cloud`: the login of a pipeline follows the stack's settings (issue 7, decision 0027)."""

import json

import pytest
from typer.testing import CliRunner

from cli import cloud
from cli.app import BAD_INPUT, app
from tests.support.clouds import CLOUDS, on

ROLES = {
    "aws": {"AWS_ROLE": "arn:aws:iam::123456789012:role/manpasik"},
    "gcp": {"GCP_PROVIDER": "projects/1/locations/global/x", "GCP_ACCOUNT": "a@b"},
}


@pytest.fixture(params=CLOUDS)
def provider(request, monkeypatch):
    for name in [each for needed in cloud.NEEDS.values() for each in needed]:
        monkeypatch.delenv(name, raising=False)
    found = on("staging", request.param)
    monkeypatch.setattr(cloud, "load", lambda _: found)
    return request.param


def mpk(*arguments):
    return CliRunner().invoke(app, ["cloud", "staging", *arguments])


def test_a_pipeline_is_told_which_role_it_has_to_take(provider, tmp_path, monkeypatch):
    listening = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(listening))
    for name, value in ROLES[provider].items():
        monkeypatch.setenv(name, value)
    done = mpk("--to-workflow", "--json")
    assert done.exit_code == 0, done.output
    told = dict(line.split("=") for line in listening.read_text().splitlines())
    assert told == json.loads(done.stdout)
    assert told["provider"] == provider
    assert told["project"] == {"aws": "", "gcp": "manpasik-staging"}[provider]


def test_a_role_that_is_not_named_is_refused_with_its_variables(provider, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", "/nowhere")
    done = mpk("--to-workflow")
    assert done.exit_code == BAD_INPUT
    assert all(name in done.stderr for name in ROLES[provider])


def test_outside_of_a_pipeline_nobody_is_told(provider, monkeypatch):
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    for name, value in ROLES[provider].items():
        monkeypatch.setenv(name, value)
    assert "there is no GITHUB_OUTPUT here" in mpk("--to-workflow").stderr
    assert mpk().stdout.startswith(provider)


def test_a_stack_in_no_cloud_says_so():
    """Its login: tests/cli/test_own_cluster.py."""
    assert json.loads(mpk("--json").stdout)["provider"] == "none"
