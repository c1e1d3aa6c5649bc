"""Budgets that burn, silent services, hot canaries: alerts over several windows and versions."""

import pytest

from components.monitoring import objectives
from components.monitoring.alerts import expected, rules
from tests.support.later import production
from tests.support.promtool import Case, groups, verdicts
from tests.support.recording import load

OF = 'service="auth-service",objective="availability"'
PROMISED = {f"manpasik:slo:objective{{{OF}}}": "0.999x400"}
BUSY = {f"manpasik:slo_events:rate{{{OF}}}": "10x400"}
QUIET = {f"manpasik:slo_events:rate{{{OF}}}": "0.001x400"}
VERSIONS = [f'manpasik:version_cpu:ratio{{service="auth-service",hash="{each}"}}' for each in "ab"]


def burn(alert, situation, shares, firing, events=BUSY):
    series = {f"{objectives.ratio(w)}{{{OF}}}": f"{share}x400" for w, share in shares.items()}
    return Case(alert=alert, situation=situation, series=series | PROMISED | events, firing=firing)


FAST, SLOWLY = "BudgetBurningFast", "BudgetBurningSlowly"
CASES = [
    burn(FAST, "14.5 times in the last hour and now", {"1h": 0.0145, "5m": 0.0145}, {600: 1}),
    burn(FAST, "14.3 times", {"1h": 0.0143, "5m": 0.0143}, {600: 0}),
    burn(FAST, "it has ended", {"1h": 0.0145, "5m": 0.001}, {600: 0}),
    burn(FAST, "it has only begun", {"1h": 0.001, "5m": 0.0145}, {600: 0}),
    burn(FAST, "6.1 times in six hours", {"6h": 0.0061, "30m": 0.0061}, {600: 1}),
    burn(FAST, "5.9 times in six hours", {"6h": 0.0059, "30m": 0.0059}, {600: 0}),
    burn(FAST, "low traffic", {"1h": 0.0145, "5m": 0.0145}, {600: 0}, QUIET),
    burn(SLOWLY, "3.1 times in a day", {"1d": 0.0031, "2h": 0.0031}, {1200: 1}),
    burn(SLOWLY, "2.9 times in a day", {"1d": 0.0029, "2h": 0.0029}, {1200: 0}),
    burn(SLOWLY, "as fast as allowed in three days", {"3d": 0.00101, "6h": 0.00101}, {1200: 1}),
    burn(SLOWLY, "slower than allowed", {"3d": 0.00099, "6h": 0.00099}, {1200: 0}),
    Case(alert="CanaryCpuHigh", situation="a hot new version beside a cool one",
         series={VERSIONS[0]: "0.2x60", VERSIONS[1]: "0.81x60"}, firing={300: 1}),
    Case(alert="CanaryCpuHigh", situation="79 %",
         series={VERSIONS[0]: "0.2x60", VERSIONS[1]: "0.79x60"}, firing={300: 0}),
    Case(alert="CanaryCpuHigh", situation="the only version", series={VERSIONS[0]: "0.9x60"},
         firing={300: 0}),
    Case(alert="ServiceSilent", situation="pods, and nobody asks",
         series={'manpasik:pods:ready{service="auth-service"}': "3x100"}, firing={885: 0, 930: 1}),
    Case(alert="ServiceSilent", situation="it is asked",
         series={'manpasik:pods:ready{service="auth-service"}': "3x100",
                 'manpasik:requests:rate{service="auth-service"}': "0.1x100"}, firing={1200: 0}),
    Case(alert="ServiceSilent", situation="no pods are wanted",
         series={'manpasik:pods:ready{service="auth-service"}': "0x100"}, firing={1200: 0}),
]  # fmt: skip


@pytest.fixture(scope="module")
def told():
    return verdicts(CASES)


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_an_alert_of_several_windows_or_versions_holds_only_when_all_do(told, name):
    assert told[name] == ""


def test_a_stack_without_patients_may_be_silent_at_night():
    assert "vision-service" not in expected(production(phase=3)), "nobody ever asks it"
    quiet = load("staging", {"environment": "staging", "phase": 3})
    assert "ServiceSilent" not in {rule["alert"] for rule in rules(quiet)}


def test_every_recorded_series_says_where_it_is_from():
    for group in groups():
        if group["name"] != "manpasik-alerts":
            assert group["labels"].keys() == {"environment", "region"}
    labels = [rule["labels"] for rule in rules(production(phase=3))]
    assert all({"severity", "product", "environment", "region"} == each.keys() for each in labels)
