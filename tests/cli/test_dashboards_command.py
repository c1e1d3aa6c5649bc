"""`mpk dashboards`: its files and its bad input (issue 9, lines 4 and 6)."""

import json

from typer.testing import CliRunner

from cli.app import app


def mpk(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_export_writes_what_grafana_imports(tmp_path):
    done = mpk("dashboards", "export", "production", "--phase", "3", "-o", tmp_path)
    assert done.exit_code == 0, done.output
    found = {file.stem: json.loads(file.read_text()) for file in tmp_path.glob("*.json")}
    assert len(found) == 7
    assert found["fleet"]["uid"] == "manpasik-fleet"


def test_a_stack_that_is_not_monitored_has_no_dashboards_and_says_why(tmp_path):
    done = mpk("dashboards", "export", "dev", "-o", tmp_path / "none")
    assert done.exit_code == 2
    assert "monitoring.enabled" in done.output
    assert not (tmp_path / "none").exists(), "nothing is half-written"
