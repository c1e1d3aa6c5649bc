"""An hour of the played product in a real Prometheus, without waiting an hour.

What exporters would have said is written as blocks of Prometheus' own storage; then its own
recording rules are applied to that past, as often as rules read one another. So every picture shows
what the panel's own expression answers.
"""

import contextlib
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from components.monitoring import rules
from localcluster import LocalClusterError, ports, programs
from localcluster.programs import quiet
from rehearsal.prometheus import Prometheus, prometheus, rules_file
from rehearsal.world import Plot, World
from settings import monitoring
from settings.loader import Settings

SECONDS = 3600
STEP = 20
"""How often the past is scraped: an hour in steps of a picture's width."""
WINDOW = "80s"
"""Four scrapes, as in a cluster, where they are five seconds apart."""
PASSES = 4
"""Recorded series that are made of recorded ones: requests, ratios, shares of windows, budgets."""
PLOT = Plot(begins=1500, step=420, ends=2640, lingers=240)
_BLOCK_SECONDS = 300


@contextlib.contextmanager
def hour(settings: Settings, folder: Path) -> Generator[tuple[Prometheus, float]]:
    """A Prometheus that knows the last hour, and when that hour ended."""
    end = float(int(time.time()) - 60)
    _write(settings, folder, end)
    file = rules_file(folder, [*_recorded(settings)])
    for _ in range(PASSES):
        with _running(folder) as found:
            _apply(found, file, folder, end)
    with _running(folder) as found:
        yield found, end


@contextlib.contextmanager
def _running(folder: Path) -> Generator[Prometheus]:
    config = {"global": {"scrape_interval": "1h"}}
    more = ("--storage.tsdb.retention.time=2d", "--query.lookback-delta=2m")
    with prometheus(folder, config, ports.pick(), *more) as found:
        yield found


def _write(settings: Settings, folder: Path, end: float) -> None:
    """The past as OpenMetrics, one metric after the other, and as blocks."""
    services, meshed = list(settings.services.values()), settings.delivery.meshed
    world = World(services=services, plot=PLOT, meshed=meshed, began=end - SECONDS)
    own = monitoring.labels(settings)
    more = ",".join(f'{key}="{value}"' for key, value in own.items())
    by_name: dict[str, list[str]] = {}
    for step in range(SECONDS // STEP + 1):
        world.advance(STEP if step else 1)
        at = end - SECONDS + step * STEP
        for name, labels, value in world.samples():
            shown = ",".join([more, *(f'{key}="{text}"' for key, text in labels)])
            by_name.setdefault(name, []).append(f"{name}{{{shown}}} {float(value)!r} {at:.0f}\n")
        up = by_name.setdefault("up", [])
        up += [f'up{{{more},job="{job}"}} 1 {at:.0f}\n' for job in ("mesh", "services")]
    past = folder / "past.txt"
    with past.open("w") as file:
        for lines in by_name.values():
            file.writelines(lines)
        file.write("# EOF\n")
    data = folder / "data"
    data.mkdir(exist_ok=True)
    _promtool("tsdb", "create-blocks-from", "openmetrics", "--quiet", str(past), str(data))


def _recorded(settings: Settings) -> Sequence[Mapping[str, Any]]:
    """The recording rules with the windows of a past that is scraped less often."""
    found: list[dict[str, Any]] = []
    for group in rules.groups(settings):
        own = [_of_the_past(rule) for rule in cast("list[dict[str, Any]]", group["rules"])]
        found.append({**group, "rules": own, "interval": f"{STEP}s"})
    return found


def _of_the_past(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A recording rule; an alert as the series that Prometheus keeps of one that fires."""
    expr = rule["expr"].replace("[20s]", f"[{WINDOW}]")
    if "record" in rule:
        return {**rule, "expr": expr}
    told = {"alertname": rule["alert"], "alertstate": "firing", **rule["labels"]}
    return {"record": "ALERTS", "expr": f"({expr}) * 0 + 1", "labels": told}


def _apply(found: Prometheus, file: Path, folder: Path, end: float) -> None:
    """The rules over the past; what another pass made is there already, and is the same."""
    _promtool(
        "tsdb", "create-blocks-from", "rules", f"--start={end - SECONDS:.0f}", f"--end={end:.0f}",
        f"--eval-interval={STEP}s", f"--url={found.url}", f"--output-dir={folder / 'data'}",
        str(file),
    )  # fmt: skip


def _promtool(*arguments: str) -> None:
    tool = str(programs.ensure(["promtool"], quiet)["promtool"])
    done = subprocess.run(  # noqa: S603 - our own program
        [tool, *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        told = (done.stderr or done.stdout)[-1000:]
        raise LocalClusterError(f"promtool {' '.join(arguments[:3])} failed:\n{told}")
