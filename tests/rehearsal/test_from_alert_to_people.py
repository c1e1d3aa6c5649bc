"""Prometheus to Alertmanager to receivers, all real but the last (issue 9, line 3; R-ALERT)."""

import json
import time
import urllib.request

import pytest

from components.monitoring import routing
from localcluster import ports
from operations import silences
from rehearsal import alertmanager, live
from rehearsal.receivers import receiving
from tests.support.later import production

SETTINGS = production(phase=3)
RUNBOOK = "runbook.md#"
# Who must be told, of what, by a part of the message that names service or thing, and value.
TOLD = [
    ("slack", "ErrorRateCritical", "payment-service fails 7%"),
    ("pagerduty", "ErrorRateCritical", "payment-service fails 7%"),
    ("slack", "PodCrashLooping", "video-service"),
    ("pagerduty", "PodCrashLooping", "video-service"),
    ("slack", "LatencyHigh", "payment-service"),
    ("slack", "CpuHigh", "ai-inference-service"),
    ("slack", "DiskFilling", "data-redpanda-0"),
    ("email", "DiskFilling", "data-redpanda-0"),
    ("email", "CertificateExpiring", "manpasik-old"),
    ("pagerduty", "NodeDown", "node-c"),
]  # fmt: skip
NOT_TOLD = [
    ("pagerduty", "LatencyHigh"),
    ("pagerduty", "DiskFilling"),
    ("slack", "CertificateExpiring"),
    ("email", "ErrorRateCritical"),
    ("slack", "Watchdog"),
]


PATIENCE = 120  # seconds; a busy machine is late


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """The whole chain: people on loopback, and the alerts of the played product."""
    folder = tmp_path_factory.mktemp("chain")
    spec, port = alertmanager.quick(routing.configuration(SETTINGS)), ports.pick()
    with (
        receiving() as people,
        alertmanager.alertmanager(folder, spec, people, port) as address,
        live.watched(SETTINGS, folder, alertmanager=address),
    ):
        for receiver, alert, words in TOLD:
            people.until(lambda p, r=receiver, a=alert, w=words: p.of(r, a, w), alert, PATIENCE)
        people.until(lambda p: p.of("heartbeat", "Watchdog"), "the heartbeat", PATIENCE)
        time.sleep(3)
        yield people


@pytest.mark.parametrize(("receiver", "alert", "words"), TOLD)
def test_an_alert_arrives_at_its_receivers_with_service_value_and_runbook(
    chain, receiver, alert, words
):
    (first, *_) = chain.of(receiver, alert, words)
    assert f"{RUNBOOK}{alert.lower()}" in first.text.replace("=\r\n", "")
    assert "value" in first.text
    assert "answer within" in first.text


@pytest.mark.parametrize(("receiver", "alert"), NOT_TOLD)
def test_an_alert_arrives_nowhere_else(chain, receiver, alert):
    assert chain.of(receiver, alert) == []


@pytest.mark.parametrize("alert", ["ErrorRateCritical", "NodeDown"])
def test_an_alert_that_goes_on_arrives_once(chain, alert):
    assert len(chain.of("pagerduty", alert)) == 1, "repeated after its response time, not before"


def test_the_heartbeat_is_heard(chain):
    assert chain.of("heartbeat", "Watchdog")


def test_a_node_that_is_down_silences_what_is_on_it(chain):
    """Its disk is 90 % full as well; that it is down is the news."""
    assert not chain.of("slack", "DiskFilling", "node-c /")


def test_what_a_worse_alert_says_already_is_not_said_again(chain):
    for message in chain.of("slack", "ErrorRateHigh"):
        assert "payment-service" not in message.text, "ErrorRateCritical tells of it"


class Sender:
    """Alerts as Prometheus sends them, at the moments that a test chooses."""

    def __init__(self, address):
        self.url = f"http://{address}/api/v2/alerts"

    def send(self, alert, *, firing, service="auth-service", region="kr"):
        now = time.time()
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        end = now + 300 if firing else now - 1
        body = [{
            "labels": {"alertname": alert, "service": service, "product": "manpasik",
                       "environment": "production", "region": region},
            "annotations": {"summary": f"{service} is ill", "value": "1", "runbook_url": "r"},
            "endsAt": time.strftime(stamp, time.gmtime(end)),
        }]  # fmt: skip
        request = urllib.request.Request(self.url, json.dumps(body).encode(),  # noqa: S310
                                         {"Content-Type": "application/json"})  # fmt: skip
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310


def test_a_restarted_alertmanager_loses_nothing_and_says_nothing_twice(tmp_path):
    spec, port = alertmanager.quick(routing.configuration(SETTINGS)), ports.pick()
    with receiving() as people:
        with alertmanager.alertmanager(tmp_path, spec, people, port) as address:
            Sender(address).send("NodeDown", firing=True)
            people.until(lambda p: p.of("pagerduty", "NodeDown"), "told before", 10)
        with alertmanager.alertmanager(tmp_path, spec, people, port) as address:
            # Prometheus sends what fires again and again, and what began while nobody listened.
            Sender(address).send("NodeDown", firing=True)
            Sender(address).send("ErrorRateCritical", firing=True)
            people.until(lambda p: p.of("pagerduty", "ErrorRateCritical"), "told after", 10)
            time.sleep(2.5)
        assert len(people.of("pagerduty", "NodeDown")) == 1
        assert len(people.of("pagerduty", "ErrorRateCritical")) == 1


def test_a_planned_release_silences_what_it_may_cause_and_no_errors(tmp_path):
    spec, port = alertmanager.quick(routing.configuration(SETTINGS)), ports.pick()
    own = silences.silence(SETTINGS, ["auth-service"], 5, "kim", "release v1.2.3")
    with receiving() as people, alertmanager.alertmanager(tmp_path, spec, people, port) as address:
        held = silences.begin(f"http://{address}", own)
        for alert in ("LatencyHigh", "ErrorRateHigh"):
            Sender(address).send(alert, firing=True, region="none")
        Sender(address).send("LatencyHigh", firing=True, region="none", service="user-service")
        people.until(lambda p: p.of("slack", "ErrorRateHigh"), "errors are told of", 10)
        people.until(lambda p: p.of("slack", "LatencyHigh", "user-service"), "others too", 10)
        assert not people.of("slack", "LatencyHigh", "auth-service is ill")
        silences.end(f"http://{address}", held)
        people.until(lambda p: p.of("slack", "LatencyHigh", "auth-service"), "told at its end", 10)


def test_a_series_that_flaps_in_alertmanager_is_grouped_and_not_a_flood(tmp_path):
    """Prometheus keeps a flapping alert firing (`keep_firing_for`); what still gets here is
    told at most once an interval, not once a flap."""
    spec, port = routing.configuration(SETTINGS), ports.pick()
    spec = alertmanager.quick(spec)
    for route in spec["route"]["routes"]:
        route["groupInterval"] = "3s"
    with receiving() as people:
        with alertmanager.alertmanager(tmp_path, spec, people, port) as address:
            for flap in range(18):
                Sender(address).send("LatencyHigh", firing=flap % 2 == 0)
                time.sleep(0.2 if flap % 2 else 0.6)
        told = people.of("slack", "LatencyHigh")
    assert 1 <= len(told) <= 4, f"9 flaps in 7 s, told {len(told)} times"
