"""One definition of requests, errors, latency for dashboards, alerts, canaries (OBS-01…03)."""

import datetime
import re

import pytest

from settings import load, recording, signals, signals_door
from settings.advisories import advisories
from tests.support.later import PRODUCTION

TODAY = datetime.date(2026, 11, 24)
RULES = {rule.record: rule.expr for rule in recording.rules()}
THRESHOLDS_MS = {200: "R-P3-CAN", 500: "R-ALERT-4", 1000: "R-P3-ABORT"}
OURS = re.compile(r"manpasik:[a-z0-9_:]+")
QUERIES = (
    signals.error_ratio_in(600, signals.of("auth-service", hash="abc")),
    signals.latency_in("p95", 600, signals.of("auth-service", hash="abc")),
)


def test_no_series_is_recorded_twice_and_none_is_read_that_is_not_recorded_before():
    assert len(RULES) == len(recording.rules())
    seen = set()
    for record, expr in RULES.items():
        assert set(OURS.findall(expr)) <= seen, record
        seen.add(record)


@pytest.mark.parametrize("query", QUERIES)
def test_what_looks_back_reads_recorded_series_only(query):
    assert set(OURS.findall(query)) <= RULES.keys()
    assert "istio_" not in query


@pytest.mark.parametrize(("edge", "why"), THRESHOLDS_MS.items())
def test_every_threshold_is_an_edge_of_the_histogram(edge, why):
    assert edge in signals.BUCKETS_MS, f"{why}: a quantile beside an edge is interpolated"


def test_before_there_is_a_mesh_the_same_series_are_recorded_from_the_door():
    door = {rule.record: rule.expr for rule in recording.rules(meshed=False)}
    mesh = [record for record in RULES if not record.endswith(":total") or "crashes" in record]
    assert list(door) == mesh, "whoever reads them need not know who counts"
    assert not [record for record, expr in door.items() if "istio_" in expr or "envoy_" in expr]
    assert 0.5 in signals_door.EDGES_SECONDS, "R-ALERT-4: a quantile beside an edge is guessed"


def test_a_rate_sees_several_scrapes():
    assert signals.WINDOW_SECONDS >= 4 * signals.SCRAPE_SECONDS, "C-4"


@pytest.mark.parametrize("status", range(17))
def test_the_grpc_statuses_of_a_server_s_fault_are_errors_and_the_caller_s_are_not(status):
    faults = {2: 500, 4: 504, 12: 501, 13: 500, 14: 503, 15: 500}
    assert (status in signals.GRPC_ERRORS) == (status in faults), "OBS-03"


def test_parentheses_and_braces_of_every_expression_close():
    for expr in (*RULES.values(), *QUERIES):
        assert [expr.count(each) for each in "({["] == [expr.count(each) for each in ")}]"], expr


def test_production_that_nobody_watches_is_worth_a_word():
    """R-ALERT: what is switched off is said at every check."""
    unwatched = load("production", PRODUCTION | {"monitoring": {"enabled": False}})
    for settings, expected in ((unwatched, 1), (load("production", PRODUCTION), 0)):
        told = [each for each in advisories(settings, [], TODAY) if "R-ALERT" in each]
        assert len(told) == expected
