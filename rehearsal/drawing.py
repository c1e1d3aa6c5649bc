"""A dashboard as a picture: its own JSON, with what its own expressions answered.

SVG, written by hand like the program's other pictures, so that a difference can be read. Kinds of
panels are drawn as far as a reader needs: lines, numbers, bars, tables, a heat map.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from rehearsal import units

CELL_WIDTH, CELL_HEIGHT, GAP, TOP = 54, 30, 8, 70
WIDTH = 24 * CELL_WIDTH + GAP
_INK, _FAINT, _EDGE, _PAPER = "#1d252c", "#e6e9ec", "#c5ccd3", "#f4f6f8"
_LINES = ("#1b6ca8", "#c8452d", "#2e7d4f", "#8a4fa3", "#b07d12", "#3f6f73", "#a03a6a", "#5b5b5b",
          "#0a9396", "#bb3e03", "#6a994e", "#577590")  # fmt: skip
_COLOURS = {"green": "#2e7d4f", "orange": "#d68910", "red": "#c0392b", "blue": "#1b6ca8"}
_LEGEND_LINES = 6
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One series of an answer."""

    name: str
    labels: Mapping[str, str]
    points: Sequence[Point]

    @property
    def last(self) -> float:
        """Its newest value."""
        return self.points[-1][1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A panel of the dashboard's JSON, and what was answered."""

    panel: Mapping[str, Any]
    lines: Sequence[Line]


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """What is drawn."""

    title: str
    about: str
    begin: float
    end: float
    answered: Sequence[Answered]
    marks: Sequence[tuple[float, str, str]] = field(default=())
    """Annotations: when, name, colour."""


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height


def svg(of: Picture) -> str:
    """The picture."""
    rows = max(each.panel["gridPos"]["y"] + each.panel["gridPos"]["h"] for each in of.answered)
    height = TOP + rows * CELL_HEIGHT + GAP
    parts = [_text(GAP * 2, 30, of.title, 20, bold=True), _text(GAP * 2, 52, of.about, 13)]
    for each in of.answered:
        parts += _panel(each, of)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, Arial, sans-serif">\n'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(each: Answered, of: Picture) -> Iterator[str]:
    place = each.panel["gridPos"]
    box = _Box(GAP + place["x"] * CELL_WIDTH, TOP + place["y"] * CELL_HEIGHT,
               place["w"] * CELL_WIDTH - GAP, place["h"] * CELL_HEIGHT - GAP)  # fmt: skip
    if each.panel["type"] == "row":
        yield _text(box.left + 2, box.top + 16, f"▾ {each.panel['title']}", 13, bold=True)
        return
    yield (
        f'<rect x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}" rx="4" '
        f'fill="white" stroke="{_EDGE}"/>'
    )
    yield _text(box.left + 10, box.top + 18, each.panel["title"], 12, bold=True)
    inner = _Box(box.left + 10, box.top + 28, box.width - 20, box.height - 36)
    if not each.lines:
        empty = each.panel["fieldConfig"]["defaults"]["noValue"]
        yield _text(inner.left + inner.width / 2, inner.top + inner.height / 2, empty, 12,
                    more='text-anchor="middle" opacity="0.6"')  # fmt: skip
        return
    yield from _KINDS[each.panel["type"]](each, inner, of)


def _timeseries(each: Answered, box: _Box, of: Picture) -> Iterator[str]:
    shown = sorted(each.lines, key=lambda line: -max(value for _, value in line.points))
    legend = min(len(shown), _LEGEND_LINES) + (len(shown) > _LEGEND_LINES)
    room = _Box(box.left + 46, box.top, box.width - 50, box.height - 20 - 13 * legend)
    most = units.nice(max(value for line in shown for _, value in line.points))
    least = min(0.0, *(min(v for _, v in line.points) for line in shown))
    scale = _Scale(room, of.begin, of.end, least, most)
    yield from _axes(scale, _unit(each))
    for step in _steps(each)[1:]:
        if least < step[0] < most:
            y = scale.y(step[0])
            yield (f'<line x1="{room.left}" x2="{room.left + room.width}" y1="{y:.1f}" '
                   f'y2="{y:.1f}" stroke="{step[1]}" stroke-dasharray="4 3"/>')  # fmt: skip
    for at, _, colour in of.marks:
        x = scale.x(at)
        ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{room.top}" y2="{room.bottom:.1f}"'
        yield f'<line {ends} stroke="{_COLOURS[colour]}" stroke-dasharray="2 2"/>'
    for index, line in reversed(list(enumerate(shown))):
        yield from _drawn(line, scale, _LINES[index % len(_LINES)])
    yield from _legend(shown, box, legend, _unit(each))


@dataclass(frozen=True, slots=True)
class _Scale:
    room: _Box
    begin: float
    end: float
    least: float
    most: float

    def x(self, at: float) -> float:
        return self.room.left + self.room.width * (at - self.begin) / (self.end - self.begin)

    def y(self, value: float) -> float:
        share = (value - self.least) / ((self.most - self.least) or 1)
        return self.room.bottom - self.room.height * min(max(share, 0), 1)


def _axes(scale: _Scale, unit: str) -> Iterator[str]:
    room = scale.room
    for index in range(5):
        value = scale.least + (scale.most - scale.least) * index / 4
        y = scale.y(value)
        yield (f'<line x1="{room.left}" x2="{room.left + room.width}" y1="{y:.1f}" y2="{y:.1f}" '
               f'stroke="{_FAINT}"/>')  # fmt: skip
        yield _text(room.left - 5, y + 4, units.shown(value, unit), 10, more='text-anchor="end"')
    for minutes in range(0, int((scale.end - scale.begin) / 60) + 1, 15):
        x = scale.x(scale.begin + minutes * 60)
        yield _text(x, room.bottom + 13, f"{minutes} min", 10, more='text-anchor="middle"')


def _drawn(line: Line, scale: _Scale, colour: str) -> Iterator[str]:
    """A line, with a hole where nothing was answered for a while."""
    parts: list[list[Point]] = [[]]
    for before, point in zip([line.points[0], *line.points], line.points, strict=False):
        if point[0] - before[0] > (scale.end - scale.begin) / 40:
            parts.append([])
        parts[-1].append(point)
    for part in parts:
        path = " ".join(f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in part)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>'


def _legend(shown: Sequence[Line], box: _Box, rows: int, unit: str) -> Iterator[str]:
    top = box.bottom - 13 * rows + 10
    for index, line in enumerate(shown[:_LEGEND_LINES]):
        y = top + 13 * index
        colour = _LINES[index % len(_LINES)]
        yield f'<rect x="{box.left}" y="{y - 8:.1f}" width="10" height="8" fill="{colour}"/>'
        yield _text(box.left + 15, y, f"{line.name}   {units.shown(line.last, unit)}", 10)
    if len(shown) > _LEGEND_LINES:
        more = f"and {len(shown) - _LEGEND_LINES} more"
        yield _text(box.left + 15, top + 13 * _LEGEND_LINES, more, 10)


def _stat(each: Answered, box: _Box, _: Picture) -> Iterator[str]:
    value = each.lines[0].last
    colour = _colour(each, value)
    yield _text(box.left + box.width / 2, box.top + box.height / 2 + 12,
                units.shown(value, _unit(each)), 30, bold=True,
                more=f'text-anchor="middle" style="fill:{colour}"')  # fmt: skip


def _bargauge(each: Answered, box: _Box, _: Picture) -> Iterator[str]:
    most = each.panel["fieldConfig"]["defaults"].get("max") or max(x.last for x in each.lines)
    room = int(box.height // 17)
    for index, line in enumerate(sorted(each.lines, key=lambda x: -x.last)[:room]):
        y = box.top + 17 * index
        label = min(box.width * 0.5, 230)
        share = min(max(line.last / (most or 1), 0), 1)
        wide = (box.width - label - 70) * share
        yield _text(box.left, y + 12, _cut(line.name, label / 6), 10)
        yield (f'<rect x="{box.left + label}" y="{y + 2}" width="{max(wide, 1):.1f}" height="12" '
               f'fill="{_colour(each, line.last)}"/>')  # fmt: skip
        yield _text(box.left + label + wide + 6, y + 12, units.shown(line.last, _unit(each)), 10)


def _table(each: Answered, box: _Box, of: Picture) -> Iterator[str]:
    hidden = set(_hidden(each.panel))
    columns = [c for c in dict.fromkeys(k for x in each.lines for k in x.labels) if c not in hidden]
    room = int((box.height - 16) // 15)
    wide = box.width / (len(columns) + 1)
    rows = sorted(each.lines, key=lambda x: [x.labels.get(c, "") for c in columns])
    for index, name in enumerate([*columns, "value"]):
        yield _text(box.left + wide * index, box.top + 10, name, 10, bold=True)
    for row, line in enumerate(rows[:room]):
        y = box.top + 26 + 15 * row
        told = [line.labels.get(c, "") for c in columns]
        told.append(units.shown(line.last, _unit(each), of.end))
        for index, text in enumerate(told):
            yield _text(box.left + wide * index, y, _cut(text, wide / 6.2), 10)
    if len(rows) > room:
        yield _text(box.left + box.width, box.top + 10, f"{room} of {len(rows)} rows", 10,
                    more='text-anchor="end" opacity="0.6"')  # fmt: skip


def _heatmap(each: Answered, box: _Box, of: Picture) -> Iterator[str]:
    """Per column of time and bucket: how many more took no longer than in the bucket below."""
    known = [line for line in each.lines if line.labels.get("le") not in (None, "+Inf")]
    lines = sorted(known, key=lambda line: float(line.labels["le"]))
    room = _Box(box.left + 46, box.top, box.width - 50, box.height - 18)
    below: dict[float, float] = {}
    cells: list[tuple[float, int, float]] = []
    for index, line in enumerate(lines):
        held = dict(line.points)
        cells += [(at, index, max(v - below.get(at, 0), 0)) for at, v in held.items()]
        below = held
        y = room.bottom - room.height * (index + 1) / len(lines)
        if index % 2:
            text = units.shown(float(line.labels["le"]), "ms")
            yield _text(room.left - 5, y + 8, text, 9, more='text-anchor="end"')
    most = max(value for _, _, value in cells) or 1
    high, wide = room.height / len(lines), room.width / max(len(lines[0].points), 1) + 0.5
    for at, index, value in cells:
        if value > most / 200:
            x = room.left + room.width * (at - of.begin) / (of.end - of.begin)
            y = room.bottom - high * (index + 1)
            shade = 0.08 + 0.92 * math.sqrt(value / most)
            yield (f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" '
                   f'fill="#c8452d" opacity="{shade:.2f}"/>')  # fmt: skip


def _hidden(panel: Mapping[str, Any]) -> Iterator[str]:
    for each in panel.get("transformations", []):
        yield from each["options"].get("excludeByName", {})


def _unit(each: Answered) -> str:
    return str(each.panel["fieldConfig"]["defaults"]["unit"])


def _steps(each: Answered) -> list[tuple[float, str]]:
    steps = each.panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    return [(-math.inf if s["value"] is None else s["value"], _COLOURS[s["color"]]) for s in steps]


def _colour(each: Answered, value: float) -> str:
    reached = [colour for least, colour in _steps(each) if value >= least]
    return reached[-1] if reached else _INK


def _cut(text: str, longest: float) -> str:
    return text if len(text) <= longest else text[: max(int(longest) - 1, 1)] + "…"


def _text(x: float, y: float, text: str, size: int, *, bold: bool = False, more: str = "") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{weight} fill="{_INK}" {more}>'
            f"{escape(text)}</text>")  # fmt: skip


_KINDS = {
    "timeseries": _timeseries,
    "stat": _stat,
    "bargauge": _bargauge,
    "table": _table,
    "heatmap": _heatmap,
}
