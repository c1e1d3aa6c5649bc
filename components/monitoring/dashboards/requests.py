"""Dashboards of requests: errors, latency, throughput (R-MON-3 to 5).

All of them read the recorded series that alerts and canaries read (settings/signals.py), and draw
the same limits.
"""

from components.monitoring import objectives
from components.monitoring.dashboards.panels import (
    OF_SERVICE,
    OF_VERSION,
    WHERE,
    Board,
    Facts,
    Panel,
    Row,
    Steps,
    ask,
)
from settings import signals

_BUDGET_STEPS: Steps = ((None, "red"), (0.0, "orange"), (0.25, "green"))
_CODES = "sum by (service) (" + signals.RESPONSES + "{{{where},{more}}})"
_ACTIVE = f"{signals.CONNECTIONS}{{{OF_SERVICE}}}"


def errors(facts: Facts) -> Board:
    """R-MON-3: shares of 5xx and 4xx, gRPC codes; and what of the objectives is left."""
    warning, critical = (facts.limit(name) for name in ("ErrorRateHigh", "ErrorRateCritical"))
    limits: Steps = ((None, "green"), (warning, "orange"), (critical, "red"))
    ratio = f"{signals.ERROR_RATIO}{{{OF_SERVICE}}}"
    return Board(
        name="errors",
        title="ManPaSik / Errors",
        about="Who fails, how, and what is left of the error budgets (R-MON-3).",
        rows=(
            Row(title="Errors of the server", panels=(
                Panel(title="Error rate", unit="percentunit", steps=limits, queries=(ask(ratio),),
                      about="Errors in requests, as alerts and canaries see them: 5xx and the gRPC "
                      "statuses that stand for one.", empty="nobody asks anything", width=16),
                Panel(title="Worst now", kind="bargauge", unit="percentunit", steps=limits,
                      queries=(ask(f"topk(8, {ratio})"),), about="The eight worst services.",
                      width=8, most=critical * 2),
            )),
            Row(title="What was answered", panels=(
                Panel(title="5xx", unit="percentunit", queries=(ask(_share("5..")),), width=8,
                      about="Share of answers with an HTTP status of 500 or more.", steps=limits),
                Panel(title="4xx", unit="percentunit", queries=(ask(_share("4..")),), width=8,
                      about="Share of answers that blame the caller; no alert reads them."),
                *([_grpc_codes()] if facts.meshed else []),
            )),
            Row(title="Objectives", panels=(
                Panel(title="Error budget left", kind="bargauge", unit="percentunit", most=1.0,
                      steps=_BUDGET_STEPS, queries=(ask(
                          f"bottomk(16, {objectives.BUDGET}{{{OF_SERVICE}}})",
                          "{{service}} {{objective}}"),),
                      about="What is left of what a service may fail in four weeks. At 0 the "
                      "release gate asks before it lets anything but a repair through.",
                      height=12),
                Panel(title="Burn rate of the last hour", queries=(ask(
                    f"{objectives.ratio('1h')}{{{OF_SERVICE}}} / on (service, objective) "
                    f"(1 - {objectives.OBJECTIVE}{{{OF_SERVICE}}})",
                    "{{service}} {{objective}}"),), height=12,
                      steps=((None, "green"), (1.0, "orange"), (objectives.FAST[0][0], "red")),
                      about="How many times faster than allowed the budget goes: 14.4 wakes "
                      "somebody."),
            )),
        ),
    )  # fmt: skip


def latency(facts: Facts) -> Board:
    """R-MON-4: P50, P95 and P99, and the histogram."""
    limit: Steps = ((None, "green"), (facts.limit("LatencyHigh"), "red"))
    quantiles = tuple(
        Panel(title=f"P{name[1:]}", unit="ms", width=8,
              steps=limit if name == "p95" else ((None, "green"),),
              queries=(ask(f"{signals.latency(name)}{{{OF_SERVICE}}}"),),
              about=f"{quantile:.0%} of requests are answered within this time.",
              empty="nobody asks anything")
        for name, quantile in signals.QUANTILES.items()
    )  # fmt: skip
    return Board(
        name="latency",
        title="ManPaSik / Latency",
        about="How long answers take, by the mesh's histogram (R-MON-4).",
        rows=(
            Row(title="Quantiles by service", panels=quantiles),
            Row(title="Histogram", panels=(
                Panel(title="All answers by time", kind="heatmap", unit="ms", width=16, height=10,
                      queries=(ask(f"sum by (le) ({signals.BUCKETS}{{{OF_VERSION}}})", "{{le}}"),),
                      about="How many requests a second took how long; a band that splits is a "
                      "version or a pod that differs."),
                *([_p95_by_version(limit)] if facts.meshed else []),
            )),
        ),
    )  # fmt: skip


def throughput(facts: Facts) -> Board:
    """R-MON-5: requests a second and active connections."""
    rate = f"{signals.REQUESTS}{{{OF_SERVICE}}}"
    return Board(
        name="throughput",
        title="ManPaSik / Throughput",
        about="How much is asked, of whom, and over how many connections (R-MON-5).",
        rows=(
            Row(title="Requests", panels=(
                Panel(title="All requests now", kind="stat", unit="reqps", width=6, height=5,
                      queries=(ask(f"sum({rate})", "requests"),), about="Over all services."),
                Panel(title="Of the gateway now", kind="stat", unit="reqps", width=6, height=5,
                      queries=(ask(f'sum({signals.REQUESTS}{{{WHERE},service="gateway"}})',
                                   "gateway"),), about="What comes in from outside."),
                Panel(title="Connections now", kind="stat", width=6, height=5,
                      queries=(ask(f"sum({_ACTIVE})", "connections"),),
                      about="Open at the services' proxies; without a mesh, at the door."),
                *([_not_reached()] if facts.meshed else []),
            )),
            Row(title="By service", panels=(
                Panel(title="Requests a second", unit="reqps", empty="nobody asks anything",
                      queries=(ask(f"sum by (service) ({rate})"),),
                      about="As the pods' own proxies count them, retries included."),
                Panel(title="Active connections", queries=(ask(_ACTIVE),),
                      about="HTTP connections into each service's pods; without a mesh, all of "
                      "the door's."),
                *([_by_version()] if facts.meshed else []),
            )),
        ),
    )  # fmt: skip


def _p95_by_version(limit: Steps) -> Panel:
    expr = f"{signals.version_latency('p95')}{{{OF_VERSION}}}"
    return Panel(
        title="P95 by version", unit="ms", width=8, height=10, steps=limit,
        queries=(ask(expr, "{{service}} {{version}} {{hash}}"),),
        about="The same quantile by version: a release shows as a line of its own.",
    )  # fmt: skip


def _not_reached() -> Panel:
    return Panel(
        title="Not reached", kind="stat", unit="reqps", width=6, height=5,
        steps=((None, "green"), (0.1, "red")), empty="every request reached a pod",
        queries=(ask(f'sum({signals.REQUESTS}{{{OF_SERVICE},version="none"}})', "not reached"),),
        about="Requests that no pod took; errors all of them.",
    )  # fmt: skip


def _by_version() -> Panel:
    expr = f"sum by (service, version) ({signals.REQUESTS}{{{OF_VERSION}}})"
    return Panel(
        title="Requests by version", unit="reqps", width=24,
        queries=(ask(expr, "{{service}} {{version}}"),),
        about="A canary takes its share here, step by step.",
    )  # fmt: skip


def _grpc_codes() -> Panel:
    told = f'{signals.RESPONSES}{{{OF_SERVICE},grpc_response_status!~"|0"}}'
    expr = f"sum by (grpc_response_status) ({told})"
    return Panel(
        title="gRPC codes", unit="reqps", width=8, empty="no gRPC error",
        queries=(ask(expr, "code {{grpc_response_status}}"),),
        about="Answers by gRPC status but OK: 14 is UNAVAILABLE, 4 a deadline.",
    )  # fmt: skip


def _share(codes: str) -> str:
    told = _CODES.format(where=OF_SERVICE, more=f'response_code=~"{codes}"')
    everything = f"sum by (service) ({signals.RESPONSES}{{{OF_SERVICE}}})"
    return f"{told} / ({everything} > 0)"
