"""Doors for the product's end-to-end tests, with a kubectl that only tells (PORT-08)."""

import subprocess

import pytest
from typer.testing import CliRunner

from cli import product as command
from cli.app import BAD_INPUT, app
from operations import doors
from settings import load

KUBECTL = """#!/bin/sh
for last; do :; done
[ "$1" = --refuse ] && { echo "services \\"auth-service\\" not found"; exit 1; }
echo $$ >> "$(dirname "$0")/pids"
echo "Forwarding from 127.0.0.1:4${last#:} -> ${last#:}"
exec sleep 60
"""


@pytest.fixture
def kubectl(tmp_path):
    file = tmp_path / "kubectl"
    file.write_text(KUBECTL)
    file.chmod(0o755)
    return file


def alive(folder):
    pids = (folder / "pids").read_text().split()
    return [p for p in pids if subprocess.run(["/bin/kill", "-0", p], check=False,
                                              capture_output=True).returncode == 0]  # fmt: skip


def test_each_service_has_a_door_that_is_shut_afterwards(kubectl, tmp_path):
    with doors.opened([str(kubectl)], {"auth-service": 5005, "gateway": 8080}) as found:
        assert found == {"auth-service": "127.0.0.1:45005", "gateway": "127.0.0.1:48080"}
        assert len(alive(tmp_path)) == 2
    assert alive(tmp_path) == []


def test_a_service_that_is_not_there_is_named_and_nothing_stays_open(kubectl, tmp_path):
    refusing = [str(kubectl), "--refuse"]
    with (
        pytest.raises(doors.ClosedError, match="auth-service cannot be reached: services"),
        doors.opened(refusing, {"auth-service": 5005}),
    ):
        pass
    assert not (tmp_path / "pids").exists()


def test_the_tests_are_told_every_address_of_the_stack(kubectl, tmp_path, monkeypatch):
    """PORT-08: their own defaults lead to other services."""
    asked = []
    monkeypatch.setattr(command.embedded, "kubectl", lambda: str(kubectl))
    monkeypatch.setattr(command, "_run", lambda steps, **_: asked.extend(steps))
    backend = tmp_path / "backend"
    backend.mkdir()
    (backend / "go.mod").touch()
    words = ["product", "e2e", str(tmp_path), "--stack", "staging", "--kubeconfig", "/there"]
    assert CliRunner().invoke(app, words).exit_code == 0
    told = asked[0].variables
    services = load("staging").services
    assert told["GATEWAY_ADDR"] == f"127.0.0.1:4{services['gateway'].port}"
    assert told["COMMUNITY_SERVICE_ADDR"].endswith(str(services["community-service"].port))
    assert sum(name.endswith("_SERVICE_ADDR") for name in told) == len(services) - 1
    assert CliRunner().invoke(app, [*words[:3], "--stack", "moon"]).exit_code == BAD_INPUT
