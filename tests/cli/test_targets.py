"""`mpk targets`: where a release goes, in order, as the stacks' settings say (R-P4-REG, 0074)."""

import json

import pytest
from typer.testing import CliRunner

from cli import targets
from cli.app import BAD_INPUT, app
from tests.support import topologies
from tests.support.topologies import MARKETS


def mpk(*arguments):
    return CliRunner().invoke(app, ["targets", *arguments])


@pytest.fixture
def phase_4(monkeypatch):
    """`production` stands above its regions, in an order of its own."""
    above = topologies.settings(topologies.above("aws", "jp", "kr", "us", "eu"), "production")
    below = {m: topologies.settings(topologies.region(m), f"production-{m}") for m in MARKETS}
    found = {each.stack_name: each for each in (above, *below.values())}
    monkeypatch.setattr(targets, "load_all", lambda names: {n: found[n] for n in names})


def test_up_to_phase_3_production_is_its_own_and_only_target():
    found = json.loads(mpk("production", "--json").stdout)
    assert found == {"clusters": ["production"], "above": [], "all": ["production"]}


@pytest.mark.usefixtures("phase_4")
def test_in_phase_4_it_is_the_regions_in_their_order_and_then_the_stack_above(
    tmp_path, monkeypatch
):
    listening = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(listening))
    regions = [f"production-{market}" for market in ("jp", "kr", "us", "eu")]
    assert mpk("production", "--to-workflow").stdout.split() == [*regions, "production"]
    told = dict(line.split("=") for line in listening.read_text().splitlines())
    assert json.loads(told["clusters"]) == regions
    assert json.loads(told["all"]) == [*regions, "production"]
    assert told["above"] == "production"


def test_a_stack_that_is_none_is_refused_before_anything_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    done = mpk("production", "moon", "--to-workflow")
    assert (done.exit_code, "moon" in done.stderr) == (BAD_INPUT, True)
    assert not (tmp_path / "output").exists()
