"""Every alert at its edge, by Prometheus' own unit tests (issue 9, line 1; R-ALERT-1 to 7)."""

from typing import get_args

import pytest

from settings.alerts import AlertName
from tests.support.promtool import Case, verdicts

AUTH = 'service="auth-service"'
ASKED = {f'manpasik:requests:rate{{{AUTH},version="v1",hash="a"}}': "10x480"}
FEW = {f'manpasik:requests:rate{{{AUTH},version="v1",hash="a"}}': "0.3x480"}
DAY = 86400
# The alert, its recorded series, a figure that is too much and one that is not, from when on.
GUARDED = [
    ("ErrorRateCritical", "manpasik:error_ratio", 0.051, 0.049, 60),
    ("ErrorRateHigh", "manpasik:error_ratio", 0.011, 0.009, 300),
    ("ErrorRateHigh", "manpasik:error_ratio", 0.0101, 0.01, 300),
    ("LatencyHigh", "manpasik:latency_p95_ms", 501, 499, 300),
    ("LatencyHigh", "manpasik:latency_p95_ms", 500.1, 500, 300),
]
PLAIN = [
    ("CpuHigh", 'manpasik:cpu:ratio{kind="service",of="auth-service"}', 0.81, 0.79, 300),
    ("CpuHigh", 'manpasik:cpu:ratio{kind="node",of="node-1"}', 0.801, 0.8, 300),
    ("DiskFilling", 'manpasik:disk:ratio{kind="node",of="node-1 /"}', 0.86, 0.84, 300),
    ("DiskFilling", 'manpasik:disk:ratio{kind="volume",of="manpasik-data x"}', 0.851, 0.85, 300),
    ("CertificateExpiring", 'manpasik:certificate:seconds_left{name="tls"}',
     7 * DAY - 3600, 7 * DAY + 3600, 60),
    ("NodeDown", 'kube_node_status_condition{condition="Ready",status="true",node="n"}', 0, 1, 60),
    ("TargetDown", 'up{job="mesh",instance="10.0.0.1:15020"}', 0, 1, 300),
]  # fmt: skip
# As many steps as keep_seconds lasts, and more.
LONG = 1800


def _edges(alert, series, bad, good, after):
    """Fires above, not before its time, not below, and ends when it is over."""
    own = ASKED if alert in {name for name, *_ in GUARDED} else {}
    tag = f"{series.partition('{')[0]} {bad:g}"
    steps = after // 15
    ended = f"{bad}x{steps + 8} {good}x160"
    yield Case(alert=alert, situation=f"fires at {tag}", series={series: f"{bad}x200", **own},
               firing={after - 15: 0, after + 30: 1, LONG: 1})  # fmt: skip
    yield Case(alert=alert, situation=f"does not fire at {good:g} of {tag}",
               series={series: f"{good}x200", **own}, firing={LONG: 0})  # fmt: skip
    yield Case(alert=alert, situation=f"resolves after {tag}", series={series: ended, **own},
               firing={after + 60: 1, after + 900: 0, 2700: 0})  # fmt: skip


def _guarded():
    for alert, record, bad, good, after in GUARDED:
        series = f"{record}{{{AUTH}}}"
        yield from _edges(alert, series, bad, good, after)
        yield Case(alert=alert, situation=f"low traffic at {bad:g}",
                   series={series: f"{bad}x200", **FEW}, firing={LONG: 0})  # fmt: skip
        gone = {series: f"{bad}x{(after // 15) + 8} stale", **ASKED}
        yield Case(alert=alert, situation=f"the data goes at {bad:g}", series=gone,
                   firing={after + 60: 1, after + 900: 0})  # fmt: skip


CASES = [
    *_guarded(),
    *(case for row in PLAIN for case in _edges(*row)),
    *(
        Case(alert=name, situation="no data", series={}, firing={LONG: 0})
        for name in get_args(AlertName)
        if name not in ("Watchdog", "MetricsMissing")
    ),
    Case(alert="ErrorRateCritical", situation="a series that flaps is one alert",
         series={f"manpasik:error_ratio{{{AUTH}}}": "0.06x6 " + "0.01x6 0.06x6 " * 8, **ASKED},
         firing=dict.fromkeys(range(90, 1600, 15), 1)),
    Case(alert="Watchdog", situation="always", series={}, firing={15: 1, LONG: 1}),
    Case(alert="MetricsMissing", situation="no data", series={}, firing={105: 0, 135: 1}),
    Case(alert="MetricsMissing", situation="traffic comes back",
         series={'manpasik:requests:rate{service="gateway"}': "_x40 10x40"},
         firing={585: 1, 630: 0}),
    Case(alert="MetricsMissing", situation="only others are asked", series=ASKED, firing={600: 1}),
]  # fmt: skip


@pytest.fixture(scope="module")
def told():
    return verdicts(CASES)


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_an_alert_fires_above_its_figure_and_not_below_it(told, name):
    assert told[name] == ""


def test_every_case_has_a_name_of_its_own():
    assert len({case.name for case in CASES}) == len(CASES)
