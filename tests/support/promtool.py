"""Prometheus' own unit tests of rules, written as a table and run at once.

Each case is a test of promtool's; what it says of each comes back by the case's name.
"""

import functools
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.monitoring import rules
from localcluster import programs
from localcluster.programs import quiet
from tests.support.later import production

STEP_SECONDS = 15
_RECORDED = re.compile(r"manpasik:[\w:]+")
Series = Mapping[str, str]
"""Values by series, in promtool's notation: `0.05x20` stays, `0+1x20` rises."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is there, and how many of an alert then fire at which second."""

    alert: str
    situation: str
    series: Series
    firing: Mapping[int, int]
    where: str = ""
    """Further matchers of the alert that is looked for."""
    raw: bool = False
    """Whether the series are what exporters say; else they are recorded ones."""

    @property
    def name(self) -> str:
        """Its name in reports."""
        return f"{self.alert}: {self.situation}"


@functools.cache
def tool(name: str) -> str:
    """The path of promtool, prometheus, amtool or alertmanager."""
    return str(programs.ensure([name], quiet)[name])


@functools.cache
def groups() -> Sequence[Mapping[str, Any]]:
    """The groups of a region's rules."""
    return rules.groups(production(phase=3))


def verdicts(
    cases: Sequence[Case], given: Sequence[Mapping[str, Any]] | None = None
) -> dict[str, str]:
    """What promtool says of each case, by these rules: nothing where all is as it should be."""
    judged = given or groups()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        files: list[str] = []
        for (alert, raw), own in _alike(cases).items():
            name = f"{alert}-{raw}.yaml"
            _write(place / name, {"groups": _read_by(alert, judged, recorded=raw)})
            head = {"rule_files": [name], "evaluation_interval": f"{STEP_SECONDS}s"}
            _write(place / f"test-{name}", head | {"tests": [_test(case) for case in own]})
            files.append(str(place / f"test-{name}"))
        report = place / "report.xml"
        command = [tool("promtool"), "test", "rules", f"--junit={report}", *files]
        subprocess.run(command, capture_output=True, check=False, timeout=600)
        told = ET.parse(report).getroot()  # noqa: S314 - promtool's own report
    return {
        str(each.get("name")): "\n".join(str(found.text or found.get("message")) for found in each)
        for each in told.iter("testcase")
    }


def _alike(cases: Sequence[Case]) -> dict[tuple[str, bool], list[Case]]:
    """The cases by what they are judged with."""
    found: dict[tuple[str, bool], list[Case]] = {}
    for case in cases:
        found.setdefault((case.alert, case.raw), []).append(case)
    return found


def _read_by(
    alert: str, judged: Sequence[Mapping[str, Any]], *, recorded: bool
) -> list[dict[str, Any]]:
    """The groups with what an alert reads alone; most of a case's time went into the others."""
    every = [rule for group in judged for rule in group["rules"]]
    found = [rule for rule in every if rule.get("alert") == alert]
    for rule in found if recorded else ():  # grows while it is gone through
        names = set(_RECORDED.findall(rule["expr"]))
        found += [each for each in every if each.get("record") in names and each not in found]
    kept = [dict(each) | {"rules": [r for r in each["rules"] if r in found]} for each in judged]
    return [each for each in kept if each["rules"]]


def _test(case: Case) -> dict[str, Any]:
    matchers = ",".join(filter(None, [f'alertname="{case.alert}",alertstate="firing"', case.where]))
    return {
        "name": case.name,
        "interval": f"{STEP_SECONDS}s",
        "input_series": [{"series": key, "values": text} for key, text in case.series.items()],
        "promql_expr_test": [
            {
                "expr": f"count(ALERTS{{{matchers}}})",
                "eval_time": f"{second}s",
                "exp_samples": [{"labels": "{}", "value": count}] if count else [],
            }
            for second, count in case.firing.items()
        ],
    }


def _write(file: Path, content: Mapping[str, Any]) -> None:
    file.write_text(yaml.safe_dump(content, sort_keys=False, width=10_000))
