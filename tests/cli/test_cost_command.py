"""`mpk cost`, and the cost in a plan (issue 5, acceptance 8)."""

import json
from dataclasses import replace

from typer.testing import CliRunner

from cli.app import app
from rendering.plan import Plan
from rendering.plan_text import as_dict, as_markdown, as_text
from tests.support.project import Project

NOTHING = Plan(stack="production", against="HEAD", affected=())


def run(*arguments):
    return CliRunner().invoke(app, ["cost", *arguments])


def in_seoul(content):
    content["config"]["manpasik:stack"]["cloud"] = {"provider": "aws", "region": "ap-northeast-2"}


def test_the_bill_of_a_stack_is_a_table_with_its_sum_and_the_day_of_the_lists(
    tmp_path, monkeypatch
):
    project = Project.copied_to(tmp_path)
    project.edit("Pulumi.staging.yaml", in_seoul)
    monkeypatch.setattr("settings.loader.ROOT", project.root)
    plain, found = run("staging"), json.loads(run("staging", "--json").stdout)
    (bill,) = found["bills"]
    assert plain.exit_code == 0
    assert f"staging: {bill['monthly']:,.2f} USD a month, lists of 2024-07-01" in plain.stdout
    assert bill["monthly"] == round(sum(item["monthly"] for item in bill["items"]), 2)
    assert bill["currency"] == "USD"
    assert "not read in the list: aws-balancer" in " ".join(plain.stdout.split())
    assert found["not_counted"]


def test_a_stack_that_does_not_exist_has_no_bill():
    result = run("stagin")
    assert result.exit_code == 2
    assert "did you mean 'staging'?" in " ".join(result.output.split())


def test_a_plan_says_what_the_stack_costs_and_how_that_changes():
    plan = replace(NOTHING, monthly=(1000.0, 1234.5))
    told = "cost: 1,234.50 USD a month by list prices (+234.50)"
    assert told in as_text(plan)
    assert told in as_markdown(plan).replace("\\", "")
    assert as_dict(plan)["monthly_usd"] == [1000.0, 1234.5]


def test_a_plan_that_cannot_know_the_cost_says_none():
    assert "cost:" not in as_text(NOTHING)
    assert as_dict(NOTHING)["monthly_usd"] is None
