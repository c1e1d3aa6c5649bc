"""Who is told of which alert, asked of amtool by severity and region (issue 9, line 1; R-ALERT)."""

import subprocess

import pytest
import yaml

from components.monitoring import routing
from components.monitoring.alerts import PRODUCT
from rehearsal.alertmanager import translated
from settings import monitoring
from tests.support.later import of_kind
from tests.support.promtool import tool
from tests.support.topologies import region, settings

REGIONS = ("kr", "us", "eu", "jp")
R_ALERT = {
    "PodCrashLooping": ("critical", "slack-pagerduty", "5m"),
    "ErrorRateCritical": ("critical", "slack-pagerduty", "5m"),
    "ErrorRateHigh": ("warning", "slack", "15m"),
    "LatencyHigh": ("warning", "slack", "30m"),
    "CpuHigh": ("warning", "slack", "30m"),
    "DiskFilling": ("warning", "slack-email", "60m"),
    "CertificateExpiring": ("info", "email", "1440m"),
}
OTHERS = {
    "Watchdog": ("none", "heartbeat", "1m"),
    "NodeDown": ("critical", "slack-pagerduty", "5m"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Alertmanager's file of each region, with secrets beside it."""
    folder = tmp_path_factory.mktemp("alertmanager")
    for name in ("ALERT_SLACK_URL", "ALERT_PAGERDUTY_KEY", "ALERT_SMTP_PASSWORD",
                 "ALERT_HEARTBEAT_URL"):  # fmt: skip
        (folder / name).write_text("https://example.invalid")
    made = {}
    for market in REGIONS:
        made[market] = folder / f"{market}.yml"
        spec = routing.configuration(settings(region(market)))
        made[market].write_text(yaml.safe_dump(translated(spec, folder), sort_keys=False))
    return made


def amtool(*arguments):
    done = subprocess.run([tool("amtool"), *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=30)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("market", REGIONS)
def test_alertmanager_takes_the_routes_of_a_region(files, market):
    assert "SUCCESS" in amtool("check-config", files[market])


@pytest.mark.parametrize("market", REGIONS)
@pytest.mark.parametrize("alert", [*R_ALERT, *OTHERS])
def test_an_alert_of_each_severity_reaches_its_receivers_in_each_region(files, market, alert):
    severity, receiver, _ = (R_ALERT | OTHERS)[alert]
    labels = {"alertname": alert, "severity": severity, "region": market, **PRODUCT}
    told = amtool("config", "routes", "test", f"--config.file={files[market]}",
                  *(f"{key}={value}" for key, value in labels.items()))  # fmt: skip
    assert told.split() == [receiver]


def test_an_alert_of_somebody_else_is_not_ours_to_tell(files):
    told = amtool("config", "routes", "test", f"--config.file={files['kr']}", "alertname=CpuHigh")
    assert told.split() == ["null"]


@pytest.mark.parametrize("alert", R_ALERT)
def test_an_alert_that_nobody_answers_is_told_again_after_its_response_time(alert):
    (repeat,) = [
        route["repeatInterval"]
        for route in routing.configuration(settings(region("kr")))["route"]["routes"]
        if alert in route["matchers"][0]["value"].split("|")
    ]
    assert repeat == R_ALERT[alert][2]


@pytest.mark.parametrize("market", REGIONS)
def test_a_region_tells_people_of_its_own(market):
    spec = routing.configuration(settings(region(market)))
    told = {r["name"]: r for r in spec["receivers"]}
    assert told["slack"]["slackConfigs"][0]["channel"] == f"#manpasik-alerts-{market}"
    assert told["email"]["emailConfigs"][0]["to"] == f"operations-{market}@manpasik.com"


def test_no_address_and_no_key_stands_in_the_open():
    (found,) = of_kind("AlertmanagerConfig", phase=3).values()
    text = yaml.safe_dump(found)
    assert "hooks.slack" not in text
    assert "generated.invalid" not in text
    secret = of_kind("Secret", phase=3)["manpasik-alerting"]
    wanted = monitoring.secret_readers(settings(region("kr")))
    assert secret["stringData"] == dict.fromkeys(wanted, "[secret]")


def test_the_services_do_not_get_alertmanager_s_secrets():
    held = of_kind("Secret", phase=3)["manpasik-secrets"]["stringData"]
    assert not [key for key in held if key.startswith("ALERT_")]


def test_what_is_worse_silences_what_follows_from_it():
    rules = {r["sourceMatch"][0]["value"]: r for r in routing.inhibitions()}
    node = rules["NodeDown"]
    assert node["equal"] == ["node"]
    assert "PodCrashLooping" in node["targetMatch"][0]["value"].split("|")
    assert rules["ErrorRateCritical"]["targetMatch"][0]["value"] == "ErrorRateHigh"
