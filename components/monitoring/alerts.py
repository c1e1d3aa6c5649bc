"""The alerts: R-ALERT-1 to 7, and what watches over those that they stand on.

Owns what is compared with what; the figures are the catalogue's. A ratio or a percentile counts
only where enough was asked in its window (C-2): one stray error of a quiet night wakes nobody.
Every expression of errors or latency reads the series of settings/signals.py and no others.
"""

from collections.abc import Callable, Mapping

from components.monitoring import objectives, series
from settings import monitoring, signals
from settings.alerts import Alert, AlertName
from settings.loader import Settings

Spec = dict[str, object]

PRODUCT = {"product": "manpasik"}
"""What every alert of this program bears: its routes take those and no others."""
GUARD_SECONDS = 300
"""Over how long requests are counted before a ratio means anything."""
_GATEWAY = "gateway"
_DAY_SECONDS = 86400
DASHBOARDS: Mapping[AlertName, str] = {
    "PodCrashLooping": "services",
    "ErrorRateCritical": "errors",
    "ErrorRateHigh": "errors",
    "LatencyHigh": "latency",
    "CpuHigh": "services",
    "DiskFilling": "services",
    "CertificateExpiring": "services",
    "NodeDown": "services",
    "CanaryCpuHigh": "canary",
    "ServiceSilent": "throughput",
    "MetricsMissing": "throughput",
    "BudgetBurningFast": "errors",
    "BudgetBurningSlowly": "errors",
}
"""The dashboard that shows most of what an alert is about; absent: the one of deployments."""


def expression(name: AlertName, alert: Alert, settings: Settings) -> str:
    """When an alert holds."""
    return _EXPRESSIONS[name](alert, settings)


def rule(name: AlertName, alert: Alert, settings: Settings) -> Spec:
    """The alerting rule."""
    labels = {"severity": alert.severity} | PRODUCT | monitoring.labels(settings)
    found: Spec = {
        "alert": name,
        "expr": expression(name, alert, settings),
        "labels": labels,
        "annotations": annotations(name, alert, settings),
    }
    for key, seconds in (("for", alert.for_seconds), ("keep_firing_for", alert.keep_seconds)):
        if seconds:
            found[key] = f"{seconds}s"
    return found


def annotations(name: AlertName, alert: Alert, settings: Settings) -> dict[str, str]:
    """What somebody who is told reads, and where to look next."""
    dashboard = DASHBOARDS.get(name, "deployments")
    shown = "?var-service={{ $labels.service }}" if name in _OF_SERVICES else ""
    return {
        "summary": alert.summary,
        "value": "{{ $value }}",
        "respond_within": f"{alert.response_minutes}m",
        "dashboard": f"{monitoring.grafana(settings)}/d/manpasik-{dashboard}{shown}",
        "runbook_url": f"{settings.stack.monitoring.runbook}#{name.lower()}",
    }


def rules(settings: Settings) -> list[Spec]:
    """Every alert of the stack that can hold there."""
    return [
        rule(name, alert, settings)
        for name, alert in monitoring.alerts(settings).items()
        if name != "ServiceSilent" or expected(settings)
    ]


def expected(settings: Settings) -> list[str]:
    """The services that are asked something at any time of the day: where patients are."""
    if not settings.environment.patients:
        return []
    share = settings.stack.release.traffic_percent / 100
    services = [settings.services[name] for name in monitoring.counted(settings)]
    return [each.name for each in services if each.requests_per_second * share >= 1]


def _enough(settings: Settings) -> str:
    least = settings.stack.release.thresholds.samples
    counted = f"sum by (service) (sum_over_time({signals.REQUESTS}[{GUARD_SECONDS}s]))"
    return f"on (service) ({counted} * {signals.EVALUATION_SECONDS} >= {least})"


def _crashing(alert: Alert, _: Settings) -> str:
    """So many crashes in the window; and as long as the pod then waits in back-off.

    The kubelet waits up to five minutes between two tries, so a pod that fails for good soon
    crashes less than three times in five.
    """
    waiting = 'kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"} == 1'
    told = 'ALERTS{alertname="PodCrashLooping",alertstate="firing"} == 1'
    where = "on (namespace, pod, container)"
    still = f"{series.RESTARTS} and {where} ({waiting}) and {where} ({told})"
    return f"{series.RESTARTS} >= {alert.threshold:g} or ({still})"


def _errors(alert: Alert, settings: Settings) -> str:
    return f"{signals.ERROR_RATIO} > {alert.threshold:g} and {_enough(settings)}"


def _slow(alert: Alert, settings: Settings) -> str:
    return f"{signals.latency('p95')} > {alert.threshold:g} and {_enough(settings)}"


def _above(record: str) -> Callable[[Alert, Settings], str]:
    return lambda alert, _: f"{record} > {alert.threshold:g}"


def _expiring(alert: Alert, _: Settings) -> str:
    return f"{series.CERTIFICATES} < {alert.threshold * _DAY_SECONDS:g}"


def _node_down(_: Alert, __: Settings) -> str:
    return 'max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 0'


def _missing(alert: Alert, _: Settings) -> str:
    asked = f'{signals.REQUESTS}{{service="{_GATEWAY}"}}'
    return f"absent_over_time({asked}[{alert.window_seconds}s])"


def _silent(_: Alert, settings: Settings) -> str:
    known = "|".join(expected(settings))
    asked = f"(sum by (service) ({signals.REQUESTS}) > 0)"
    return f'({series.PODS}{{service=~"{known}"}} > 0) unless on (service) {asked}'


def _rules_failing(alert: Alert, _: Settings) -> str:
    failed = f"increase(prometheus_rule_evaluation_failures_total[{alert.window_seconds}s])"
    return f"sum by (rule_group) ({failed}) > 0"


def _messages_failing(alert: Alert, _: Settings) -> str:
    failed = f"increase(alertmanager_notifications_failed_total[{alert.window_seconds}s])"
    return f"sum by (integration) ({failed}) > {alert.threshold:g}"


def _hot_canary(alert: Alert, _: Settings) -> str:
    several = f"count by (service) ({series.VERSION_CPU}) > 1"
    return f"{series.VERSION_CPU} > {alert.threshold:g} and on (service) ({several})"


def _burning(pairs: tuple[tuple[float, str, str], ...]) -> Callable[[Alert, Settings], str]:
    return lambda _, settings: objectives.burning(pairs, settings.stack.release.thresholds.samples)


_EXPRESSIONS: Mapping[AlertName, Callable[[Alert, Settings], str]] = {
    "PodCrashLooping": _crashing,
    "ErrorRateCritical": _errors,
    "ErrorRateHigh": _errors,
    "LatencyHigh": _slow,
    "CpuHigh": _above(series.CPU),
    "DiskFilling": _above(series.DISK),
    "CertificateExpiring": _expiring,
    "NodeDown": _node_down,
    # Of a pod also of which service, so that its release may silence it.
    "TargetDown": lambda _, __: series.of_pod("up == 0"),
    "MetricsMissing": _missing,
    "ServiceSilent": _silent,
    "RulesFailing": _rules_failing,
    "NotificationsFailing": _messages_failing,
    "CanaryCpuHigh": _hot_canary,
    "BudgetBurningFast": _burning(objectives.FAST),
    "BudgetBurningSlowly": _burning(objectives.SLOW),
    "Watchdog": lambda _, __: "vector(1)",
}
_OF_SERVICES = (
    "ErrorRateCritical", "ErrorRateHigh", "LatencyHigh", "CanaryCpuHigh", "PodCrashLooping",
    "ServiceSilent", "BudgetBurningFast", "BudgetBurningSlowly",
)  # fmt: skip
