"""`mpk release` onto a stack in a cloud goes through the engine, never by recorded stand-ins."""

from types import SimpleNamespace

import pytest

from cli import acting, release
from cli.failures import MissingEngineError
from cli.fleet import Outcome
from cli.stacks import EngineResult
from operations.by_engine import DeployError
from operations.refusal import RefusedError
from settings import load
from tests.support.clouds import on

STAGING = on("staging", "aws")


@pytest.fixture
def engine(monkeypatch):
    """An engine that answers what a test says."""
    said = []
    monkeypatch.setattr(acting, "needed_engine", lambda: SimpleNamespace(version="3.9"))
    monkeypatch.setattr(acting, "act", lambda *_, command: said if command else pytest.fail("no"))
    return said


def test_what_the_engine_did_is_told_and_what_it_refused_is_the_reason(engine):
    deploy = release._engine(STAGING, write=True)
    engine.append(
        Outcome(stack="staging", state="done", result=EngineResult(changes={"update": 3}))
    )
    assert deploy() == "by the engine 3.9: 3 update"
    engine[0] = Outcome(stack="staging", state="failed", error=MissingEngineError("locked by x"))
    with pytest.raises(DeployError, match="locked by x"):
        deploy()


def test_no_recorded_manifest_of_a_cloud_is_applied_and_the_file_names_the_version(engine):
    assert engine == []
    assert release._recorded(STAGING) == ()
    with pytest.raises(RefusedError, match="leave --no-write out"):
        release._engine(STAGING, write=False)


def test_without_an_engine_nothing_is_begun():
    with pytest.raises(MissingEngineError):
        release._engine(STAGING, write=True)


def test_elsewhere_recorded_manifests_are_applied_as_before():
    assert release._engine(load("local"), write=True) is None
    assert release._recorded(load("local"))
