"""Dashboards hold together, and say what alerts and canaries say (issue 9, lines 4 and 5)."""

import json
import re
from collections import Counter

import pytest

from components.monitoring import alerts
from components.monitoring.dashboards.all import as_files
from settings import recording, signals
from settings.loader import ROOT
from tests.support.later import of_kind, production

FILES = as_files(production(phase=3))
BOARDS = {name: json.loads(text) for name, text in FILES.items()}
NAMES = ("deployments", "services", "errors", "latency", "throughput", "canary", "fleet")
OURS = re.compile(r"manpasik:[a-z0-9_:]+")
RECORDED = {rule.record for rule in recording.rules()}
RAW = re.compile(r"istio_requests_total|istio_request_duration|nginx_ingress|grpc_server_|http_req")


def panels(board):
    return [each for each in BOARDS[board]["panels"] if each["type"] != "row"]


def expressions(board):
    return [target["expr"] for panel in panels(board) for target in panel["targets"]]


def test_there_are_the_five_of_the_specification_the_canary_s_and_the_fleet_s():
    assert tuple(BOARDS) == NAMES, "R-MON-1 to 5"
    (held,) = of_kind("ConfigMap", phase=3).keys() & {"manpasik-dashboards"}
    found = of_kind("ConfigMap", phase=3)[held]
    assert found["data"] == {f"{name}.json": text for name, text in FILES.items()}
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_no_two_dashboards_and_no_two_panels_have_one_id():
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)
    for name, board in BOARDS.items():
        ids = Counter(panel["id"] for panel in board["panels"])
        assert set(ids.values()) == {1}, name
        assert all(panel["title"] for panel in board["panels"])


@pytest.mark.parametrize("board", NAMES)
def test_panels_lie_beside_each_other(board):
    taken = set()
    for panel in BOARDS[board]["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("board", NAMES)
def test_no_data_source_is_named(board):
    text = json.loads(FILES[board])
    sources = [each["datasource"] for each in panels(board)]
    sources += [each["datasource"] for each in text["annotations"]["list"]]
    sources += [v["datasource"] for v in text["templating"]["list"] if v["type"] == "query"]
    assert {each["uid"] for each in sources} == {"${datasource}"}


@pytest.mark.parametrize("board", NAMES)
def test_a_reader_chooses_environment_region_service_and_version(board):
    held = [each["name"] for each in BOARDS[board]["templating"]["list"]]
    assert held == ["datasource", "environment", "region", "service", "version"]
    known = {f"${name}" for name in held} | {"$__range"}
    for expr in expressions(board):
        assert set(re.findall(r"\$[a-z_]+", expr.replace('"$1"', ""))) <= known, expr


@pytest.mark.parametrize("board", NAMES)
def test_every_panel_says_what_it_is_in_which_unit_and_what_nothing_means(board):
    for panel in panels(board):
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["noValue"]


def test_releases_and_rollbacks_are_marked_on_every_dashboard():
    for board in BOARDS.values():
        assert [each["name"] for each in board["annotations"]["list"]] == ["releases", "rollbacks"]


def test_the_same_product_gives_the_same_bytes():
    assert as_files(production(phase=3)) == FILES


@pytest.mark.parametrize("board", NAMES)
def test_no_panel_defines_errors_or_latency_by_itself(board):
    for expr in expressions(board):
        assert not RAW.search(expr), "one definition: settings/signals.py"


def test_dashboard_alert_and_canary_read_the_same_series_for_errors_and_latency():
    """Issue 9, line 5: whoever changes what an error is changes it for all three."""
    settings = production(phase=3)
    rules = {rule["alert"]: rule["expr"] for rule in alerts.rules(settings)}
    judges = [m["provider"]["prometheus"]["query"] for each in
              of_kind("AnalysisTemplate", phase=3).values()
              for m in each["spec"]["metrics"]]  # fmt: skip
    seen = {
        "dashboards": {s for board in NAMES for e in expressions(board) for s in OURS.findall(e)},
        "alerts": {s for name in ("ErrorRateCritical", "ErrorRateHigh", "LatencyHigh")
                   for s in OURS.findall(rules[name])},
        "canary": {s for query in judges for s in OURS.findall(query)},
    }  # fmt: skip
    for who, found in seen.items():
        about = {s for s in found if re.search("error|latency", s)}
        assert about, who
        assert about <= RECORDED, who
    assert {signals.ERROR_RATIO, signals.latency("p95")} <= seen["alerts"] & seen["dashboards"]
    assert signals.VERSION_ERROR_RATIO in seen["canary"] & seen["dashboards"]
    assert signals.version_latency("p99") in seen["canary"] & seen["dashboards"]


def test_the_limit_in_a_picture_is_the_limit_of_the_alert():
    (panel,) = [each for each in panels("errors") if each["title"] == "Error rate"]
    steps = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
    assert steps == [None, 0.01, 0.05], "R-ALERT-2, R-ALERT-3"


def test_an_alert_leads_to_a_dashboard_that_is_there():
    for rule in alerts.rules(production(phase=3)):
        where = rule["annotations"]["dashboard"]
        assert re.search(r"/d/manpasik-(\w+)", where)[1] in BOARDS, rule["alert"]


def test_an_alert_leads_to_its_part_of_the_runbook():
    headings = {
        line.removeprefix("### ").lower()
        for line in (ROOT / "docs/runbook.md").read_text().splitlines()
        if line.startswith("### ")
    }
    for rule in alerts.rules(production(phase=3)):
        where = rule["annotations"]["runbook_url"]
        assert where.partition("#")[2] in headings, rule["alert"]
