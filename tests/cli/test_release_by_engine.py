"""`mpk release` onto a stack in a cloud goes through the engine, never by recorded stand-ins."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from cli import acting, release
from cli.failures import MissingEngineError
from cli.fleet import Outcome
from cli.stacks import EngineResult
from operations.by_engine import DeployError
from operations.refusal import RefusedError
from operations.release_above import release_above
from settings import load
from tests.support import topologies
from tests.support.clouds import on

STAGING = on("staging", "aws")


def wanted(*, command, program):
    """The engine that was found, and charts that lie here before the program runs."""
    return command and program


@pytest.fixture
def engine(monkeypatch):
    """An engine that answers what a test says."""
    said = []
    monkeypatch.setattr(acting, "needed_engine", lambda: SimpleNamespace(version="3.9"))
    monkeypatch.setattr(acting, "act", lambda *_, **how: said if wanted(**how) else None)
    return said


def test_what_the_engine_did_is_told_and_what_it_refused_is_the_reason(engine):
    deploy = release._engine(STAGING, None, write=True)
    engine.append(
        Outcome(stack="staging", state="done", result=EngineResult(changes={"update": 3}))
    )
    assert deploy() == "by the engine 3.9: 3 update"
    engine[0] = Outcome(stack="staging", state="failed", error=MissingEngineError("locked by x"))
    with pytest.raises(DeployError, match="locked by x"):
        deploy()


def test_no_recorded_manifest_of_a_cloud_is_applied_and_the_file_names_the_version(engine):
    assert engine == []
    with pytest.raises(RefusedError, match="leave --no-write out"):
        release._engine(STAGING, None, write=False)


def test_without_an_engine_nothing_is_begun():
    with pytest.raises(MissingEngineError):
        release._engine(STAGING, None, write=True)


def test_what_is_encrypted_is_deployed_by_the_engine_wherever_it_runs(engine, monkeypatch):
    """On a cluster of one's own too: only the engine opens its secrets (0075)."""
    monkeypatch.setattr(release.engines, "encrypted", lambda _: True)
    asked = []
    monkeypatch.setattr(acting, "act", lambda _, how, *__, **___: asked.append(how) or engine)
    engine.append(Outcome(stack="staging", state="done", result=EngineResult(changes={})))
    deploy = release._engine(load("staging"), Path("/there"), write=True)
    assert deploy().startswith("by the engine 3.9")
    assert asked[0].kubeconfig == Path("/there")


def test_elsewhere_recorded_manifests_are_applied_as_before():
    assert release._engine(load("local"), None, write=True) is None
    assert release._recorded(load("local"))


@pytest.mark.parametrize(
    ("error", "outcome", "tag"),
    [(None, "succeeded", "v9.9.9"), (DeployError("region us: is of v1"), "failed", "v1.0.0")],
    ids=["good", "refused"],
)
def test_the_stack_above_is_released_by_its_update_and_its_file_says_what_runs(
    tmp_path, monkeypatch, error, outcome, tag
):
    """R-P4-REG: no cluster, no migration, no watch; a region of another version is refused."""
    file = tmp_path / "Pulumi.production.yaml"
    file.write_text("config:\n  manpasik:stack:\n    images: {tag: v1.0.0}\n")
    monkeypatch.setattr("settings.loader.ROOT", tmp_path)
    seen = []

    def deploy():
        seen.append(file.read_text())
        if error:
            raise error
        return "by the engine"

    found = topologies.settings(topologies.above(), "production")
    done = release_above(found, "v9.9.9", deploy, "kim")
    assert "v9.9.9" in seen[0], "the engine takes the version from the file"
    assert (done.outcome, done.reason) == (outcome, str(error or ""))
    assert f"tag: {tag}" in file.read_text()
