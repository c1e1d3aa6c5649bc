"""Every expression that a stack asks Prometheus: of panels, rules and judges, ready to be asked."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from components.delivery import analysis
from components.monitoring import rules
from components.monitoring.dashboards.all import as_files
from operations import stability
from rehearsal.parts import CANARY, RELEASED, STABLE
from rehearsal.prometheus import Prometheus
from settings.loader import Settings

RANGE = "1h"
_ARGUMENTS = {
    analysis.SERVICE: RELEASED,
    analysis.CANARY: CANARY,
    analysis.STABLE: STABLE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One expression, and who asks it."""

    asker: str
    expr: str


def of(settings: Settings) -> list[Question]:
    """All of them."""
    return [*_panels(settings), *_rules(settings), *_judges(settings), *_checklist()]


def filled(expr: str) -> str:
    """A panel's expression with everything chosen."""
    expr = expr.replace("$__range", RANGE)
    return re.sub(r"\$(environment|region|service|version)\b", ".*", expr)


def _checklist() -> Iterator[Question]:
    """What a release asks of Staging's last day (R-CHECK)."""
    for name, expr in stability.QUESTIONS.items():
        yield Question(asker=f"checklist stable, {name}", expr=expr)


def _panels(settings: Settings) -> Iterator[Question]:
    for name, text in as_files(settings).items():
        board = json.loads(text)
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                asker = f"dashboard {name}, {panel['title']}"
                yield Question(asker=asker, expr=filled(target["expr"]))
        for each in board["annotations"]["list"]:
            asker = f"dashboard {name}, annotation {each['name']}"
            yield Question(asker=asker, expr=each["expr"])


def _rules(settings: Settings) -> Iterator[Question]:
    for group in rules.groups(settings):
        for rule in cast("list[Mapping[str, Any]]", group["rules"]):
            kind = "alert" if "alert" in rule else "record"
            yield Question(asker=f"{kind} {rule[kind]}", expr=rule["expr"])


def _judges(settings: Settings) -> Iterator[Question]:
    delivery = settings.delivery
    if delivery.strategy == "rolling":
        return
    for name, spec in (
        ("abort", analysis.abort(delivery)),
        ("step", analysis.step(delivery)),
        ("watch", analysis.watch(delivery)),
    ):
        for metric in cast("list[Mapping[str, Any]]", spec["metrics"]):
            expr: str = metric["provider"]["prometheus"]["query"]
            for argument, value in _ARGUMENTS.items():
                expr = expr.replace(f"{{{{args.{argument}}}}}", value)
            yield Question(asker=f"analysis {name}, {metric['name']}", expr=expr)


def selectors(prometheus: Prometheus, expr: str) -> set[str]:
    """What an expression reads: each series by name and labels, as Prometheus itself parses it."""
    return {_selector(each) for each in _nodes(prometheus.parsed(expr))}


def unexported(prometheus: Prometheus, exprs: Iterable[str]) -> list[str]:
    """What of all that is read nothing exports."""
    wanted = sorted({each for expr in exprs for each in selectors(prometheus, expr)})
    return [each for each in wanted if not prometheus.ask(f"last_over_time({each}[5m])")]


def _nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, list):
        for each in cast("list[Any]", node):
            yield from _nodes(each)
    elif isinstance(node, dict):
        found = cast("dict[str, Any]", node)
        if found.get("type") in ("vectorSelector", "matrixSelector"):
            yield found
        yield from _nodes([value for key, value in found.items() if key != "matchers"])


def _selector(node: Mapping[str, Any]) -> str:
    said = (f"{m['name']}{m['type']}{json.dumps(m['value'])}" for m in node["matchers"])
    return "{" + ",".join(sorted(said)) + "}"
