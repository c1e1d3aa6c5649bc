"""The whole chain on loopback: exporter, Prometheus with the stack's rules, its Alertmanager.

What takes minutes in a cluster takes seconds here: intervals, `for` and waiting times are cut, and
the window of the CPU; nothing else is.
"""

import contextlib
import copy
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from components.monitoring import rules, series
from localcluster import ports
from rehearsal.parts import ILL
from rehearsal.prometheus import Prometheus, exporter, prometheus, rules_file
from rehearsal.world import Plot, World
from settings import monitoring, signals_door
from settings.loader import Settings

DEAD = "127.0.0.1:1"
"""A target that nobody answers at, so that one is down."""
Plain = dict[str, Any]


def quick(groups: Sequence[Mapping[str, Any]], seconds: int = 1) -> list[Plain]:
    """The same rules, evaluated every second, and alerts after a second instead of minutes."""
    found = cast("list[Plain]", copy.deepcopy(list(groups)))
    for group in found:
        group["interval"] = f"{seconds}s"
        for rule in group["rules"]:
            rule.pop("keep_firing_for", None)
            # A rate over two minutes of which twelve seconds are there would be a tenth.
            rule["expr"] = rule["expr"].replace(f"[{series.CPU_WINDOW_SECONDS}s]", "[10s]")
            if "for" in rule:
                rule["for"] = f"{seconds}s"
    return found


def configuration(
    settings: Settings, target: str, rules: Path, own: str, alertmanager: str | None = None
) -> Plain:
    """Prometheus' own, with the labels that scrapes add in a cluster."""
    labels = monitoring.labels(settings)
    found: Plain = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            _scrape("played", target, labels, honor_labels=True),
            _scrape("prometheus", own, labels),
            _scrape("dead", DEAD, labels),
        ],
    }
    if alertmanager:
        found["alerting"] = {
            "alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}],
        }
    return found


def _scrape(job: str, target: str, labels: Mapping[str, str], **more: object) -> Plain:
    return {
        "job_name": job,
        "static_configs": [{"targets": [target], "labels": dict(labels)}],
        **more,
    }


def played(settings: Settings) -> World:
    """The product in the middle of a release that is taken back after some seconds."""
    meshed = settings.delivery.meshed
    # What a Rollouts controller says of a release, Deployments show by their pods alone.
    plot = Plot(begins=0, step=2, ends=600 if meshed else 40, lingers=0, told=9)
    return World(
        services=list(settings.services.values()),
        plot=plot,
        meshed=meshed,
        # Nobody counts the others' requests where there is no mesh.
        ill=ILL if meshed else signals_door.SERVICE,
        began=time.time(),
        crash_seconds=3,
    )


@contextlib.contextmanager
def watched(
    settings: Settings, folder: Path, *, alertmanager: str | None = None, only: str | None = None
) -> Generator[Prometheus]:
    """A Prometheus that records the played product while the block lasts."""
    groups = [each for each in quick(rules.groups(settings)) if only in (None, each["name"])]
    file = rules_file(folder, groups)
    port = ports.pick()
    with exporter(played(settings)) as target:
        config = configuration(settings, target, file, f"127.0.0.1:{port}", alertmanager)
        with prometheus(folder, config, port) as found:
            yield found
