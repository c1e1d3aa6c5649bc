"""Who is told of which alert: an AlertmanagerConfig, generated from alerts and receivers (R-ALERT).

One route for each way of being told: these receivers, as urgent, answered as soon. Unanswered, an
alert is told again when its response time is over. Secrets stand as references to a Secret of the
program's; no address of a webhook is in any object that git holds in the open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from components.monitoring.alerts import PRODUCT
from settings import monitoring, names
from settings.alerts import Alert, AlertName, Receiver, Severity
from settings.loader import Settings

Spec = dict[str, object]

# How long related alerts are waited for, and how often a group that grew is told of.
GROUP_SECONDS: Mapping[Severity, tuple[int, int]] = {
    "critical": (10, 60),
    "warning": (30, 300),
    "info": (60, 3600),
    "none": (1, 30),
}
GROUPED_BY = ("alertname", "environment", "region")
_TITLE = "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} ({{ .CommonLabels.environment }} {{ .CommonLabels.region }})"  # noqa: E501 - a template has no line breaks
_LINES = (
    "{{ range .Alerts }}"
    "{{ .Annotations.summary }} (value {{ .Annotations.value }})\n"
    "service: {{ or .Labels.service .Labels.of .Labels.node .Labels.name .Labels.job }}, "
    "answer within {{ .Annotations.respond_within }}\n"
    "runbook: {{ .Annotations.runbook_url }}\n"
    "dashboard: {{ .Annotations.dashboard }}\n"
    "{{ end }}"
)
# Of a node that is down nothing else is news; nor of a rate that is told as critical already.
_POD_ALERTS: tuple[AlertName, ...] = ("PodCrashLooping", "TargetDown", "CpuHigh", "DiskFilling")


@dataclass(frozen=True, order=True, slots=True)
class Way:
    """A way of being told."""

    severity: Severity
    response_minutes: int
    receivers: tuple[str, ...]

    @property
    def receiver(self) -> str:
        """The name of its receiver: everybody who is told."""
        return "-".join(self.receivers)


def ways(alerts: Mapping[AlertName, Alert]) -> dict[Way, list[AlertName]]:
    """Each way, with the alerts that take it, the most urgent first."""
    found: dict[Way, list[AlertName]] = {}
    for name, alert in alerts.items():
        way = Way(alert.severity, alert.response_minutes, alert.receivers)
        found.setdefault(way, []).append(name)
    return dict(sorted(found.items()))


def configuration(settings: Settings) -> Spec:
    """The AlertmanagerConfig of a stack."""
    alerts, known = monitoring.alerts(settings), monitoring.receivers(settings)
    found = ways(alerts)
    told = dict.fromkeys(way.receivers for way in found)
    first = next(iter(found)).receiver
    matchers = [_equals(key, value) for key, value in PRODUCT.items()]
    return {
        "route": {
            # An alert that no route takes is told to those who are told of the worst.
            "receiver": first,
            "matchers": matchers,
            "groupBy": list(GROUPED_BY),
            "groupWait": "10s",
            "groupInterval": "60s",
            "repeatInterval": "5m",
            "routes": [_route(way, of) for way, of in found.items()],
        },
        "receivers": [_receiver(names_, known) for names_ in told],
        "inhibitRules": inhibitions(),
    }


def inhibitions() -> list[Spec]:
    """What is no news while something worse is told."""
    return [
        _inhibit(["NodeDown"], _POD_ALERTS, "node"),
        _inhibit(["ErrorRateCritical"], ["ErrorRateHigh"], "service", "region"),
        _inhibit(["BudgetBurningFast"], ["BudgetBurningSlowly"], "service", "objective"),
        _inhibit(["MetricsMissing"], ["ServiceSilent"], "environment", "region"),
    ]


def _inhibit(sources: Iterable[str], targets: Iterable[str], *equal: str) -> Spec:
    return {
        "sourceMatch": [_one_of(sources)],
        "targetMatch": [_one_of(targets)],
        "equal": list(equal),
    }


def _route(way: Way, alerts: Iterable[AlertName]) -> Spec:
    wait, interval = GROUP_SECONDS[way.severity]
    return {
        "receiver": way.receiver,
        "matchers": [_one_of(alerts)],
        "groupBy": list(GROUPED_BY),
        "groupWait": f"{wait}s",
        "groupInterval": f"{interval}s",
        "repeatInterval": f"{way.response_minutes}m",
    }


def _equals(name: str, value: str) -> Spec:
    return {"name": name, "value": value, "matchType": "="}


def _one_of(alerts: Iterable[str]) -> Spec:
    return {"name": "alertname", "value": "|".join(sorted(alerts)), "matchType": "=~"}


def _receiver(told: tuple[str, ...], known: Mapping[str, Receiver]) -> Spec:
    by_kind: dict[str, list[Spec]] = {}
    for name in told:
        key, config = _KINDS[known[name].kind](known[name])
        by_kind.setdefault(key, []).append(config)
    return {"name": "-".join(told), **by_kind}


def _secret(receiver: Receiver) -> Spec:
    return {"name": names.ALERTING_SECRET, "key": receiver.secret}


def _slack(receiver: Receiver) -> tuple[str, Spec]:
    return "slackConfigs", {
        "apiURL": _secret(receiver),
        "channel": receiver.to,
        "sendResolved": True,
        "title": _TITLE,
        "text": _LINES,
    }


def _pagerduty(receiver: Receiver) -> tuple[str, Spec]:
    return "pagerdutyConfigs", {
        "routingKey": _secret(receiver),
        "sendResolved": True,
        "severity": "critical",
        "description": _TITLE,
        "details": [{"key": "alerts", "value": _LINES}],
    }


def _email(receiver: Receiver) -> tuple[str, Spec]:
    return "emailConfigs", {
        "to": receiver.to,
        "from": receiver.sender,
        "smarthost": receiver.server,
        "authUsername": receiver.sender,
        "authPassword": _secret(receiver),
        "requireTLS": True,
        "sendResolved": True,
        "headers": [{"key": "Subject", "value": _TITLE}],
        "text": _LINES,
    }


def _webhook(receiver: Receiver) -> tuple[str, Spec]:
    return "webhookConfigs", {"urlSecret": _secret(receiver), "sendResolved": False}


_KINDS = {"slack": _slack, "pagerduty": _pagerduty, "email": _email, "webhook": _webhook}
