"""From runs to one table, or to JSON."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from bench.growth import SCALES, Growth
from bench.measure import Run

MEBIBYTE = 1024 * 1024
Runs = Mapping[str, Sequence[Run]]
"""Every run of each case, by its name."""


def machine() -> dict[str, Any]:
    """Where it was measured, and how busy that machine was."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": round(os.getloadavg()[0], 1),
    }


def first_line(runs: int) -> str:
    """The machine in a sentence."""
    held = machine()
    return (
        f"{held['cores']} cores, Python {held['python']}, {held['system']}, "
        f"load {held['load_average']} at the end; median of {runs} runs (min-max)"
    )


def figures(found: Runs) -> dict[str, dict[str, float]]:
    """Medians, range and ratios to the first case, which is the floor, for each."""
    first = next(iter(found.values()))
    return {name: _figures(runs, first) for name, runs in found.items()}


def table(found: Runs) -> Table:
    """One part's table; the ratios are to its first row."""
    shown = Table("", *("time", "x first", "CPU", "x first", "peak memory", "x first"), box=None)
    shown.columns[0].overflow = "fold"
    for column in shown.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for name, row in figures(found).items():
        shown.add_row(
            name,
            f"{row['seconds']:.2f} s ({row['seconds_min']:.2f}-{row['seconds_max']:.2f})",
            f"{row['seconds_ratio']:.2f}",
            f"{row['cpu_seconds']:.2f} s",
            f"{row['cpu_ratio']:.2f}",
            f"{row['peak_bytes'] / MEBIBYTE:.0f} MiB",
            f"{row['peak_ratio']:.2f}",
        )
    return shown


def growth_table(found: Mapping[str, Growth]) -> Table:
    """CPU at each scale, and of each further service between two of them."""
    columns = [f"CPU {scale}x" for scale in SCALES]
    steps = [f"ms/service to {scale}x" for scale in SCALES[1:]]
    shown = Table("", *columns, *steps, "linear = 1", box=None)
    for column in shown.columns[1:]:
        column.justify = "right"
    for name, each in found.items():
        cpu = [f"{seconds:.2f} s" for seconds in each.cpu_seconds]
        cost = [f"{seconds * 1000:.0f}" for seconds in each.per_service]
        shown.add_row(name, *cpu, *cost, f"{each.linearity:.2f}")
    return shown


def _figures(runs: Sequence[Run], floor: Sequence[Run]) -> dict[str, float]:
    seconds = _median([run.seconds for run in runs])
    cpu = _median([run.cpu_seconds for run in runs])
    peak = _median([run.peak_bytes for run in runs])
    return {
        "seconds": seconds,
        "seconds_min": min(run.seconds for run in runs),
        "seconds_max": max(run.seconds for run in runs),
        "seconds_ratio": seconds / _median([run.seconds for run in floor]),
        "cpu_seconds": cpu,
        "cpu_ratio": cpu / _median([run.cpu_seconds for run in floor]),
        "peak_bytes": peak,
        "peak_ratio": peak / _median([run.peak_bytes for run in floor]),
    }


def _median(values: Sequence[float]) -> float:
    return float(statistics.median(values))
