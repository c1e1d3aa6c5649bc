"""Every expression parses and returns data, from a real Prometheus (issue 9, line 2; OBS-01)."""

import json
import time
from contextlib import nullcontext
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from cli.app import app
from components.monitoring.dashboards.all import as_files
from localcluster import LocalClusterError
from rehearsal import history, questions
from tests.support.later import production

QUESTIONS = questions.of(production(phase=3))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.asker)
def test_an_expression_returns_data(asked, question):
    prometheus, unanswered = asked
    prometheus.ask(question.expr)  # refused where it is none
    assert question not in unanswered, question.expr


def test_every_series_that_anybody_reads_is_exported_or_recorded(prometheus):
    exprs = {each.expr for each in QUESTIONS}
    assert questions.unexported(prometheus, exprs) == []


def test_a_metric_that_nothing_exports_is_found(prometheus):
    """OBS-01: the product's own dashboards asked for series that no service exports."""
    spoiled = ["sum(rate(grpc_server_handled_total[5m])) / sum(manpasik:requests:rate)"]
    (found,) = questions.unexported(prometheus, spoiled)
    assert "grpc_server_handled_total" in found


def test_a_label_that_nothing_has_is_found(prometheus):
    spoiled = ['manpasik:requests:rate{servce="auth-service"}']
    assert len(questions.unexported(prometheus, spoiled)) == 1


def test_an_expression_that_is_none_is_refused(prometheus):
    with pytest.raises(LocalClusterError, match="parse error"):
        prometheus.ask("sum(manpasik:requests:rate")


def test_there_are_questions_of_everybody():
    askers = {each.asker.split()[0] for each in QUESTIONS}
    assert askers == {"dashboard", "record", "alert", "analysis", "checklist"}


def test_a_release_that_failed_shows_in_the_series_that_judged_it(prometheus):
    (canary,) = prometheus.ask('manpasik:version_error_ratio{version="v1.1.0"}')
    stable = prometheus.ask('manpasik:version_error_ratio{service="auth-service",version="v1.0.0"}')
    assert float(canary["value"][1]) > 0.05 > float(stable[0]["value"][1])
    taken_back = prometheus.ask('rollout_events_total{reason="RolloutAborted"} == 1')
    assert len(taken_back) == 1


def test_every_dashboard_is_drawn_with_every_panel_of_it(prometheus, tmp_path, monkeypatch):
    """Line 4: `mpk dashboards preview`, of what this Prometheus saw instead of a played hour."""
    monkeypatch.setattr(history, "hour", lambda *_: nullcontext((prometheus, time.time())))
    words = ["dashboards", "preview", "production", "--phase", "3", "--json", "-o", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    drawn = {Path(each).stem: Path(each) for each in json.loads(done.stdout)["pictures"]}
    boards = {name: json.loads(text) for name, text in as_files(production(phase=3)).items()}
    assert drawn.keys() == boards.keys()
    for name, board in boards.items():
        found = ElementTree.parse(drawn[name]).iter()  # noqa: S314 - ours
        told = "\n".join(each.text or "" for each in found)
        assert [p["title"] for p in board["panels"] if p["title"] not in told] == [], name
        assert "<polyline" in drawn[name].read_text(), name
