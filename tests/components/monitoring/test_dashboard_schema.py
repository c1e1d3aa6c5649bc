"""Dashboards against Grafana's schema, strictly (issue 9, line 4).

The judge is built from the Go types that Grafana's makers generate from their schema: fields, what
must be there, types, ranges, and the options and queries of each kind of panel.
"""

import copy
import json
import subprocess

import pytest

from components.monitoring.dashboards.all import as_files
from tests.support.later import production
from tests.support.promtool import tool

FILES = {
    f"{name}-{phase}": text
    for phase in (3, 4)
    for name, text in as_files(production(phase=phase)).items()
}
BOARD = json.loads(FILES["errors-3"])


def judged(folder, *texts):
    """What the judge says of these dashboards: nothing where they are sound."""
    files = [folder / f"{index}.json" for index in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    command = [tool("dashboard-check"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


def test_every_dashboard_is_one_by_grafana_s_schema(tmp_path):
    assert judged(tmp_path, *FILES.values()) == ""


def of_panel(**fields):
    return lambda board: board["panels"][1].update(fields)


def of_query(**fields):
    return lambda board: board["panels"][1]["targets"][0].update(fields)


SPOILED = {
    "a field that Grafana does not know": (lambda b: b.update(titel="x"), "field 'titel'"),
    "a field of an older Grafana": (lambda b: b.update(style="dark"), "field 'style'"),
    "a title that is a number": (lambda b: b.update(title=7), "title: json: cannot unmarshal"),
    "no templating": (lambda b: b.pop("templating"), "templating"),
    "a panel without a kind": (lambda b: b["panels"][1].pop("type"), "field 'type' not found"),
    "a kind of panel that is none": (of_panel(type="timesries"), "no such kind of panel"),
    "a panel wider than the page": (of_panel(gridPos={"x": 0, "y": 0, "w": 25, "h": 8}), "<= 24"),
    "an option of another kind": (of_panel(options={"showHeader": True}), "showHeader"),
    "a threshold without a colour": (
        lambda b: b["panels"][1]["fieldConfig"]["defaults"]["thresholds"]["steps"][1].pop("color"),
        "color: required field",
    ),
    "a query of another source": (
        of_panel(datasource={"type": "promtheus", "uid": "x"}), "the data source"),
    "a field of no query": (of_query(expression="up"), "expression"),
    "a query without words": (lambda b: b["panels"][1]["targets"][0].pop("expr"), "expr"),
    "a variable without a kind": (lambda b: b["templating"]["list"][0].pop("type"), "type"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_against_the_schema_is_found(tmp_path, name):
    spoil, words = SPOILED[name]
    board = copy.deepcopy(BOARD)
    spoil(board)
    assert words in judged(tmp_path, json.dumps(board))


def test_what_is_no_dashboard_at_all_is_refused(tmp_path):
    assert "0.json: " in judged(tmp_path, "[1, 2]")
    assert "0.json: " in judged(tmp_path, '{"title":')


def test_lines_say_whose_they_are():
    """The builders leave the legend out by default."""
    for text in FILES.values():
        lines = [p for p in json.loads(text)["panels"] if p["type"] == "timeseries"]
        assert all(panel["options"]["legend"]["showLegend"] for panel in lines)
