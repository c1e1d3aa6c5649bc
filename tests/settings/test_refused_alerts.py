"""What alerts, receivers and objectives may not say (issue 9, line 6)."""

import pytest

from settings import load, secrets
from settings.problems import SettingsError
from tests.support.later import PRODUCTION
from tests.support.project import Project
from tests.support.refusals import Wrong, in_stack, refused, said
from tests.support.spoils import drop, put, put_in_stack

ALERTS, RECEIVERS = "catalog/alerts.yaml", "catalog/receivers.yaml"
OBJECTIVES = "catalog/objectives.yaml"
REFUSED = [
    refused("an unknown receiver", put(ALERTS, "CpuHigh/receivers", ["slak"]),
            Wrong(ALERTS, "CpuHigh.receivers.0", '"slak"', "no such receiver", "mean 'slack'?")),
    refused("nobody is told", put(ALERTS, "CpuHigh/receivers", []),
            Wrong(ALERTS, "CpuHigh.receivers", "[]", "is empty", "at least one")),
    refused("a threshold below 0", put(ALERTS, "LatencyHigh/threshold", -1),
            Wrong(ALERTS, "LatencyHigh.threshold", "-1", "is not allowed", "equal to 0")),
    refused("a severity that nobody knows", put(ALERTS, "CpuHigh/severity", "urgent"),
            Wrong(ALERTS, "CpuHigh.severity", '"urgent"', "is not allowed", "'critical'")),
    refused("an alert that nobody wrote", put(ALERTS, "CpuHigth", {}),
            Wrong(ALERTS, "CpuHigth", '"CpuHigth"', "is not allowed", "'CpuHigh'")),
    refused("an alert that is missing", drop(ALERTS, "DiskFilling"),
            Wrong(ALERTS, "DiskFilling", "", "is missing", "describe DiskFilling")),
    refused("an objective of 100 percent", put(OBJECTIVES, "critical/availability", 100),
            Wrong(OBJECTIVES, "critical.availability", "100", "leaves no error budget", "99.9")),
    refused("an objective of nothing", put(OBJECTIVES, "critical/latency", 0),
            Wrong(OBJECTIVES, "critical.latency", "0", "is not allowed", "greater than 0")),
    refused("a latency between two edges", put(OBJECTIVES, "standard/latency_ms", 300),
            Wrong(OBJECTIVES, "standard.latency_ms", "300", "is no edge", "allowed: 1, 5")),
    refused("a receiver without its secret", put(RECEIVERS, "slack/secret", "SLACK_URL"),
            Wrong(RECEIVERS, "slack.secret", '"SLACK_URL"', "could reach nobody", "ALERT_SLACK")),
    refused("a receiver whose secret is configuration", put(RECEIVERS, "slack/secret", "LLM_MODEL"),
            Wrong(RECEIVERS, "slack.secret", '"LLM_MODEL"', "is no secret", "describe it there")),
    refused("a market that is none", put(RECEIVERS, "email/regional/xx", "a@b.c"),
            Wrong(RECEIVERS, "email.regional.xx", '"xx"', "no market", "allowed: eu")),
    refused("an unknown receiver in a stack",
            put_in_stack("monitoring/alerts", {"CpuHigh": {"receivers": ["pager"]}}),
            in_stack("monitoring.alerts.CpuHigh.receivers.0", '"pager"', "no such receiver",
                     "'pagerduty'")),
    refused("a threshold below 0 in a stack",
            put_in_stack("monitoring/alerts", {"CpuHigh": {"threshold": -0.1}}),
            in_stack("monitoring.alerts.CpuHigh.threshold", "-0.1", "is not allowed", "to 0")),
    refused("a fleet with a market that is none",
            put_in_stack("monitoring/fleet", {"kp": "https://prometheus.example"}),
            in_stack("monitoring.fleet.kp", '"kp"', "no such market", "allowed: eu")),
]  # fmt: skip


@pytest.fixture
def project(tmp_path):
    return Project.copied_to(tmp_path)


@pytest.mark.parametrize(("spoil", "expected"), REFUSED)
def test_an_alert_that_would_reach_nobody_is_refused_with_place_value_and_remedy(
    project, spoil, expected
):
    assert said(project.spoil(spoil).problems(), expected) == expected


def test_a_receiver_that_is_not_whole_is_refused(project):
    (found,) = project.spoil(drop_sender).problems()
    assert found.key == "email"
    assert "add sender" in str(found)


def drop_sender(project):
    project.edit(RECEIVERS, lambda content: content["email"].pop("sender"))


def test_a_monitored_stack_without_a_webhook_s_secret_is_refused_by_the_receiver_s_name():
    settings = load("production", PRODUCTION | {"phase": 3})
    with pytest.raises(SettingsError) as raised:
        secrets.resolve(settings, {}, "seed")
    key = "manpasik:secrets.ALERT_SLACK_URL"
    (line,) = [str(each) for each in raised.value.problems if each.key == key]
    assert "is missing, and the receiver slack must not run without it" in line
    assert f"run: pulumi config set --secret --path {key}" in line


def test_a_webhook_that_is_no_address_is_refused_without_showing_it():
    settings = load("production", PRODUCTION | {"phase": 3})
    with pytest.raises(SettingsError) as raised:
        secrets.resolve(settings, {"ALERT_SLACK_URL": "hooks.slack.com/services/T0"}, "seed")
    (line,) = [str(each) for each in raised.value.problems if "ALERT_SLACK_URL" in each.key]
    assert "has the wrong form" in line
    assert "hooks.slack.com" not in str(raised.value)


def test_metrics_of_patients_services_may_not_be_written_abroad(project):
    write = {"url": "https://metrics.example/write", "location": "us-east-1"}
    stack = PRODUCTION | {"phase": 4, "market": "kr",
                          "cloud": {"provider": "aws", "region": "ap-northeast-2"}}  # fmt: skip
    (found,) = project.problems("production-kr", stack | {"monitoring": {"remote_write": write}})
    assert found.key == "manpasik:stack.monitoring.remote_write.location"
    at_home = write | {"location": "ap-northeast-2"}
    monitoring = {"monitoring": {"remote_write": at_home}}
    assert project.problems("production-kr", stack | monitoring) == []
