"""`mpk charts`, and what the other commands say of charts (decision 0036)."""

import json

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.failures import MissingEngineError
from cli.up import refuse_without_engine
from operations import archives
from settings import load, platform
from settings.capacity_report import STORES, report
from tests.support.topologies import region, settings

REGION = "production-kr"


@pytest.fixture
def mpk(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ARCHIVES", str(tmp_path / "archives"))

    def mpk(*arguments, code=0):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == code, done.output
        return done

    return mpk


def test_the_charts_of_a_stack_are_listed_in_the_order_of_their_installation(mpk):
    found = json.loads(mpk("charts", "list", REGION, "--json").stdout)["charts"]
    assert [each["chart"] for each in found] == platform.charts(load(REGION))
    assert {each["state"] for each in found} == {"absent"}
    assert all(bool(each["digest"]) != bool(each["unverified"]) for each in found)


def test_a_stack_without_charts_says_so(mpk):
    assert "these stacks install none" in mpk("charts", "list", "staging").stdout


def test_archives_that_are_not_there_are_one_error_with_the_next_step(mpk):
    told = mpk("charts", "verify", REGION, code=2).stderr
    assert f"{len(platform.charts(load(REGION)))} charts cannot be used" in told
    assert "run: mpk charts fetch" in told


def test_a_stack_that_installs_charts_is_not_deployed_without_the_engine():
    given = settings({"environment": "staging", "charts": {"enabled": True}})
    with pytest.raises(MissingEngineError, match="charts, which only the engine can"):
        refuse_without_engine([given], None)


def test_what_charts_ask_for_counts_against_the_platform_s_nodes():
    with_charts = settings(region("kr", gitops=False))
    without = settings(region("kr", gitops=False, charts={"enabled": False}))
    rows = {each.demand: each for each in report(with_charts).rows if each.pool == "platform"}
    fewer = next(each for each in report(without).rows if each.pool == "platform")
    asked = sum(part.replicas for part in platform.parts(with_charts).values())
    assert rows[STORES].pods == fewer.pods + asked
    assert rows[STORES].verdict in ("fits", "grows")


def test_a_rendered_stack_holds_each_chart_with_its_values_and_a_plan_finds_them(mpk, tmp_path):
    folder = tmp_path / "rendered"
    written = json.loads(mpk("render", REGION, "-o", str(folder), "--json").stdout)["files"]
    charts = platform.charts(load(REGION))
    assert [f"charts/{name}.yaml" for name in sorted(charts)] == [
        each for each in written if "/" in each
    ]
    against = ("plan", REGION, "--against", str(folder))
    assert "no change" in mpk(*against).stdout
    file = folder / "charts/istiod.yaml"
    file.write_text(file.read_text().replace("version: 1.29.4", "version: 1.29.3"))
    assert "1.29.3" in mpk(*against).stdout, "a chart's version is no silent change"
