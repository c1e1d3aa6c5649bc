"""Pictures of every dashboard, for people without a cluster: each panel asks a real Prometheus."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components.monitoring.dashboards.all import as_files
from rehearsal import history, questions
from rehearsal.drawing import Answered, Line, Picture, svg
from rehearsal.parts import RELEASED
from rehearsal.prometheus import Prometheus
from settings.loader import Settings


def draw(settings: Settings, into: Path, scratch: Path) -> list[Path]:
    """Write an SVG for each dashboard, of the same played hour."""
    into.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    with history.hour(settings, scratch) as (prometheus, end):
        for name, text in as_files(settings).items():
            file = into / f"{name}.svg"
            file.write_text(svg(_picture(prometheus, json.loads(text), end)), encoding="utf-8")
            made.append(file)
    return made


def _picture(prometheus: Prometheus, board: Mapping[str, Any], end: float) -> Picture:
    begin = end - history.SECONDS
    # The canary's is about one service.
    chosen = RELEASED if board["uid"].endswith("canary") else ".*"
    found = [_answered(prometheus, each, begin, end, chosen) for each in board["panels"]]
    marks = list(_marks(prometheus, board, begin, end))
    title = f"{board['title']}: one played hour"
    return Picture(title=title, about=board["description"], begin=begin, end=end,
                   answered=found, marks=marks)  # fmt: skip


def _answered(
    prometheus: Prometheus, panel: Mapping[str, Any], begin: float, end: float, chosen: str
) -> Answered:
    lines: list[Line] = []
    for target in panel.get("targets", []):
        expr = questions.filled(target["expr"].replace("$service", chosen))
        if target["range"]:
            answer = prometheus.over(expr, begin + 60, end, history.STEP)
        else:
            answer = prometheus.ask(expr, end)
        lines += [_line(each, target["legendFormat"]) for each in answer]
    return Answered(panel=panel, lines=lines)


def _line(answer: Mapping[str, Any], legend: str) -> Line:
    labels: dict[str, str] = answer["metric"]
    name = legend
    for key, value in labels.items():
        name = name.replace(f"{{{{{key}}}}}", value)
    values: list[Any] = answer.get("values") or [answer["value"]]
    return Line(name=name, labels=labels, points=[(float(at), float(v)) for at, v in values])


def _marks(
    prometheus: Prometheus, board: Mapping[str, Any], begin: float, end: float
) -> Iterator[tuple[float, str, str]]:
    for each in board["annotations"]["list"]:
        for answer in prometheus.over(each["expr"], begin, end, history.STEP):
            yield float(answer["values"][0][0]), each["name"], each["iconColor"]
