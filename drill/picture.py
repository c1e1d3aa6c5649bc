"""The course of a release as a picture: weights, errors and latency over time, one above the other.

Hand-written SVG: three panels on one clock, what was told as a line, what callers saw as an area.
"""

import html
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drill.course import Moment, quantile, spans
from drill.prober import Answer

WIDTH, PANEL, GAP, LEFT, RIGHT, TOP = 960, 150, 46, 64, 150, 74
_TICKS = 4
_INK, _FAINT, _TOLD, _SEEN, _BAD, _SLOW = (
    "#222", "#e4e4e4", "#0b5cad", "#9ecbf2", "#c62828", "#6a3d9a"
)  # fmt: skip
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """What a picture shows."""

    title: str
    subtitle: str
    answers: Sequence[Answer]
    moments: Sequence[Moment]
    version: str
    """The version that is being released."""
    subset: str
    """Its subset in the mesh, whose weight is the line that was told; empty where none has one."""
    marks: Sequence[tuple[float, str]] = field(default=())
    """Moments to name."""
    slot: float = 1.0
    """Seconds that one point stands for."""


@dataclass(frozen=True, slots=True)
class _Panel:
    index: int
    title: str
    top: float
    unit: str


def write(file: Path, of: Drawn) -> None:
    """Write the picture."""
    file.write_text(svg(of), encoding="utf-8")


def svg(of: Drawn) -> str:
    """The picture."""
    began = min(each.at for each in of.answers)
    seconds = max(each.at for each in of.answers) - began
    errors = _per_slot(of, began, lambda held: 100 * sum(a.failed for a in held) / len(held))
    slowest = _per_slot(of, began, lambda held: 1000 * quantile([a.seconds for a in held], 0.99))
    middle = _per_slot(of, began, lambda held: 1000 * quantile([a.seconds for a in held], 0.95))
    seen = _per_slot(
        of, began, lambda held: 100 * sum(a.version == of.version for a in held) / len(held)
    )
    panels = (
        _Panel(0, "traffic", 100, "%"),
        _Panel(1, "errors", _nice(max(y for _, y in errors)), "%"),
        _Panel(2, "latency", _nice(max(y for _, y in slowest)), "ms"),
    )
    parts = [
        *_head(of),
        *(line for panel in panels for line in _frame(panel, seconds)),
        _area(panels[0], seen, seconds, _SEEN),
        *(
            [_line(panels[0], _told(of, began, seconds), seconds, _TOLD, width=2.5)]
            if of.subset
            else []
        ),
        _line(panels[1], errors, seconds, _BAD),
        _line(panels[2], middle, seconds, _TOLD),
        _line(panels[2], slowest, seconds, _SLOW),
        *_marks(of, began, seconds),
        *_legend(of),
    ]
    height = _y(panels[2], 0) + 44
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif" font-size="12" '
        f'fill="{_INK}"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _per_slot(
    of: Drawn, began: float, value: Callable[[Sequence[Answer]], float]
) -> list[tuple[float, float]]:
    slots: dict[int, list[Answer]] = {}
    for answer in of.answers:
        slots.setdefault(int((answer.at - began) / of.slot), []).append(answer)
    return [((index + 0.5) * of.slot, value(slots[index])) for index in sorted(slots)]


def _told(of: Drawn, began: float, seconds: float) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for weight, since, until in spans(of.moments, of.subset):
        first, last = max(0.0, since - began), min(seconds, until - began)
        if last > first:
            points += [(first, float(weight)), (last, float(weight))]
    return points


def _nice(most: float) -> float:
    """A round number that is at least that."""
    if most <= 0:
        return 1.0
    scale = 10 ** math.floor(math.log10(most))
    return next(each * scale for each in (1, 2, 5, 10) if each * scale >= most)


def _x(at: float, seconds: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * at / max(seconds, 1e-9)


def _y(panel: _Panel, value: float) -> float:
    bottom = TOP + panel.index * (PANEL + GAP) + PANEL
    return bottom - PANEL * min(value, panel.top) / panel.top


def _path(panel: _Panel, points: Points, seconds: float) -> str:
    return " ".join(f"{_x(at, seconds):.1f},{_y(panel, value):.1f}" for at, value in points)


def _line(panel: _Panel, points: Points, seconds: float, color: str, width: float = 1.5) -> str:
    path = _path(panel, points, seconds)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _area(panel: _Panel, points: Points, seconds: float, color: str) -> str:
    closed = [(points[0][0], 0.0), *points, (points[-1][0], 0.0)]
    return f'<polygon points="{_path(panel, closed, seconds)}" fill="{color}"/>'


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{html.escape(text)}</text>'


def _head(of: Drawn) -> Iterator[str]:
    yield _text(LEFT, 26, of.title, 'font-size="17" font-weight="bold"')
    yield _text(LEFT, 46, of.subtitle, 'fill="#555"')


def _frame(panel: _Panel, seconds: float) -> Iterator[str]:
    yield _text(
        LEFT, _y(panel, panel.top) - 8, f"{panel.title}, {panel.unit}", 'font-weight="bold"'
    )
    for index in range(_TICKS + 1):
        value = panel.top * index / _TICKS
        y = _y(panel, value)
        right = WIDTH - RIGHT
        yield f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_FAINT}"/>'
        yield _text(LEFT - 8, y + 4, f"{value:g}", 'text-anchor="end"')
    every = max(1.0, _nice(seconds / 10))
    for index in range(int(seconds / every) + 1):
        at = index * every
        more = 'text-anchor="middle" fill="#555"'
        yield _text(_x(at, seconds), _y(panel, 0) + 16, f"{at:g} s", more)


def _marks(of: Drawn, began: float, seconds: float) -> Iterator[str]:
    bottom = TOP + 3 * PANEL + 2 * GAP
    for index, (at, words) in enumerate(of.marks):
        x = _x(at - began, seconds)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}" stroke="{_INK}" '
            'stroke-dasharray="3 3"/>'
        )
        late = x > LEFT + (WIDTH - LEFT - RIGHT) / 2
        side = (x - 4, 'text-anchor="end"') if late else (x + 4, "")
        yield _text(side[0], TOP + 14 + 15 * index, words, f'font-size="11" {side[1]}')


def _legend(of: Drawn) -> Iterator[str]:
    entries = (
        (0, _TOLD, "told to the mesh"),
        (0, _SEEN, f"answers of {of.version}"),
        (1, _BAD, "answers that failed"),
        (2, _TOLD, "P95"),
        (2, _SLOW, "P99"),
    )
    lines: dict[int, int] = {}
    for panel, color, words in entries if of.subset else entries[1:]:
        line = lines[panel] = lines.get(panel, -1) + 1
        y = TOP + panel * (PANEL + GAP) + 8 + 18 * line
        x = WIDTH - RIGHT + 12
        yield f'<rect x="{x}" y="{y}" width="12" height="8" fill="{color}"/>'
        yield _text(x + 17, y + 8, words, 'font-size="11"')
