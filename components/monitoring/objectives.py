"""Objectives: what is left of each service's error budget, and how fast it burns.

Bad events in all events, by service and objective; alerts look at a long and a short window at
once, so that they come early for a fast burn and end soon after it (multi-window burn rates). The
events are those of settings/signals.py, so that an objective cannot disagree with an alert.
"""

from collections.abc import Iterator, Mapping

from settings import signals
from settings.alerts import Objective
from settings.recording import Rule

EVENTS = "manpasik:slo_events:rate"
"""Requests a second that count towards an objective, by service and objective."""
BAD = "manpasik:slo_bad:rate"
"""Those of them that broke it."""
OBJECTIVE = "manpasik:slo:objective"
"""What is promised, 0 to 1, by service and objective."""
BUDGET = "manpasik:slo:budget_remaining"
"""What is left of the error budget: 1 is all of it, 0 none; below 0 the promise is broken."""
_EVENTS_5M, _BAD_5M = "manpasik:slo_events:5m", "manpasik:slo_bad:5m"
PART_SECONDS = 300
"""How often the parts of a budget are counted, and over how long: months need few samples."""
WINDOWS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21600, "1d": 86400, "3d": 259200}
FAST = ((14.4, "1h", "5m"), (6.0, "6h", "30m"))
"""How many times faster than the budget allows, over a long and a short window: wakes somebody."""
SLOW = ((3.0, "1d", "2h"), (1.0, "3d", "6h"))
"""The same, for working hours."""


def ratio(window: str) -> str:
    """The recorded share of bad events over a window, by service and objective."""
    return f"manpasik:slo_bad:ratio_{window}"


def rate_rules(objectives: Mapping[str, Objective]) -> tuple[Rule, ...]:
    """Events, bad ones, and what is promised: recorded as often as the requests are."""
    availability = _labelled(f"sum by (service) ({signals.REQUESTS})", "availability")
    errors = _labelled(f"sum by (service) ({signals.ERRORS})", "availability")
    within = _within(objectives)
    answered = f'sum by (service) ({signals.BUCKETS}{{le="+Inf"}})'
    return (
        Rule(record=EVENTS, expr=f"{availability} or {_labelled(answered, 'latency')}"),
        Rule(record=BAD, expr=f"{errors} or {_labelled(f'{answered} - ({within})', 'latency')}"),
    )


def part_rules() -> tuple[Rule, ...]:
    """Events and bad ones of five minutes each, of which a budget is the sum."""
    return (
        Rule(record=_EVENTS_5M, expr=f"sum_over_time({EVENTS}[{PART_SECONDS}s])"),
        Rule(record=_BAD_5M, expr=f"sum_over_time({BAD}[{PART_SECONDS}s])"),
    )


def window_rules(objectives: Mapping[str, Objective], days: int) -> tuple[Rule, ...]:
    """The share of bad events over each window, and what is left of the budget of so many days."""
    spent = f"{_share(f'{_BAD_5M}[{days}d]', f'{_EVENTS_5M}[{days}d]')}"
    return (
        *(
            Rule(record=ratio(name), expr=_share(f"{BAD}[{seconds}s]", f"{EVENTS}[{seconds}s]"))
            for name, seconds in WINDOWS.items()
        ),
        Rule(record=OBJECTIVE, expr=_promised(objectives)),
        Rule(record=BUDGET, expr=f"1 - {spent} / on (service, objective) (1 - {OBJECTIVE})"),
    )


def burning(pairs: tuple[tuple[float, str, str], ...], least: int) -> str:
    """When a budget burns so fast, and enough was asked for a ratio to mean something."""
    parts = [
        f"({ratio(long)} > on (service, objective) {_limit(factor)}"
        f" and {ratio(short)} > on (service, objective) {_limit(factor)})"
        for factor, long, short in pairs
    ]
    enough = f"sum by (service, objective) (sum_over_time({EVENTS}[{WINDOWS['1h']}s]))"
    events = f"{enough} * {signals.EVALUATION_SECONDS} >= {least}"
    return f"({' or '.join(parts)}) and on (service, objective) ({events})"


def _limit(factor: float) -> str:
    return f"{factor:g} * (1 - {OBJECTIVE})"


def _share(bad: str, events: str) -> str:
    by = "sum by (service, objective)"
    return f"{by} (sum_over_time({bad})) / ({by} (sum_over_time({events})) > 0)"


def _labelled(found: str, objective: str) -> str:
    return f'label_replace({found}, "objective", "{objective}", "", "")'


def _within(objectives: Mapping[str, Objective]) -> str:
    """Requests that were quick enough; Prometheus writes the edge 500 as 500.0 since version 3."""
    edges: dict[int, list[str]] = {}
    for service, objective in objectives.items():
        edges.setdefault(objective.latency_ms, []).append(service)
    return " or ".join(
        f'sum by (service) ({signals.BUCKETS}{{le=~"{edge}([.]0)?",service=~"{"|".join(of)}"}})'
        for edge, of in edges.items()
    )


def _promised(objectives: Mapping[str, Objective]) -> str:
    """One vector of all promises: services of a rank share a figure, and one expression."""
    return " or ".join(_promises(objectives))


def _promises(objectives: Mapping[str, Objective]) -> Iterator[str]:
    for name in ("availability", "latency"):
        by_figure: dict[float, list[str]] = {}
        for service, objective in objectives.items():
            by_figure.setdefault(getattr(objective, name), []).append(service)
        for percent, services in by_figure.items():
            one = f'{EVENTS}{{objective="{name}",service=~"{"|".join(services)}"}}'
            yield f"({one} * 0 + {percent / 100:g})"
