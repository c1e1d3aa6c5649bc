"""A planned release silences what it may cause, and nothing else (issue 9, routing)."""

import re

import pytest

from operations import silences
from tests.support.later import production

SETTINGS = production(phase=3)
NEVER = ("ErrorRateCritical", "ErrorRateHigh", "PodCrashLooping", "DiskFilling", "NodeDown",
         "CertificateExpiring", "BudgetBurningFast", "MetricsMissing", "Watchdog")  # fmt: skip


def matchers(*services, minutes=45):
    made = silences.silence(SETTINGS, services, minutes, "kim", "release v1.2.3")
    return {each["name"]: each for each in made["matchers"]}


@pytest.mark.parametrize("alert", NEVER)
def test_a_release_never_silences_errors_or_what_it_does_not_cause(alert):
    assert not re.fullmatch(matchers("auth-service")["alertname"]["value"], alert)


def test_a_release_silences_slow_starts_and_missing_targets():
    told = matchers("auth-service")["alertname"]["value"].split("|")
    assert told == ["CanaryCpuHigh", "CpuHigh", "LatencyHigh", "TargetDown"]


def test_a_silence_is_of_the_released_services_and_of_this_stack():
    found = matchers("user-service", "auth-service")
    assert found["service"]["value"] == "auth-service|user-service"
    assert found["environment"]["value"] == "production"
    assert found["product"]["value"] == "manpasik"


def test_a_silence_of_everything_or_for_ever_is_refused():
    with pytest.raises(ValueError, match="whole product"):
        matchers()
    with pytest.raises(ValueError, match="at most 240"):
        matchers("auth-service", minutes=1000)
