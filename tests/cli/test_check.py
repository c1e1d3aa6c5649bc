"""`mpk check`: one table of what the nodes hold, a verdict, and what is worth a word."""

import json

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.support.project import Project


def mpk(*arguments):
    return CliRunner().invoke(app, list(arguments), terminal_width=160)


def test_a_named_stack_gets_the_table_the_verdict_and_the_smallest_change(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    done = mpk("check", "staging")
    assert done.exit_code == 0, "the pool may grow"
    assert "42 of 46 pods find room on 3" in done.stdout
    assert "nodes: 4 instead of 3" in done.stdout
    assert "stores, charts" in done.stdout


def test_a_base_image_past_its_support_is_told_with_the_date():
    done = mpk("check", "dev")
    assert "alpine:3.19 gets no security fixes since 2025-11-01" in done.stderr.replace("\n", " ")


def test_secrets_that_nothing_generates_are_counted_before_anything_is_deployed():
    told = json.loads(mpk("check", "production", "--json").stdout)["production"]["warnings"]
    assert any("TOSS_SECRET_KEY" in each or "secrets are not in" in each for each in told)


def test_a_stack_that_can_never_fit_fails_the_check(tmp_path, monkeypatch):
    project = Project.copied_to(tmp_path)
    project.edit(
        "catalog/environments.yaml", lambda rows: rows["staging"]["nodes"][0].update(max_count=3)
    )
    monkeypatch.setattr("settings.loader.ROOT", project.root)
    done = mpk("check", "staging")
    assert done.exit_code == 1
    assert "would wait for ever" in " ".join(done.stdout.split())


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "production"])
def test_the_json_holds_every_row_of_the_table(stack):
    capacity = json.loads(mpk("check", stack, "--json").stdout)[stack]["capacity"]
    assert capacity["holds"] is True
    assert {"pool", "demand", "lost", "waiting", "needed", "verdict"} <= capacity["rows"][0].keys()
