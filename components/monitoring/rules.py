"""The groups of rules as one PrometheusRule, and as a rules file of Prometheus: the same groups."""

from collections.abc import Sequence

from components.monitoring import alerts, objectives, series
from settings import monitoring, recording, signals
from settings.loader import Settings
from settings.recording import Rule

Spec = dict[str, object]
ALERTS_EVERY_SECONDS = 15
WINDOWS_EVERY_SECONDS = 60


def groups(settings: Settings) -> list[Spec]:
    """Every group of the stack; a group's rules are evaluated in order, the groups side by side."""
    promised = monitoring.objectives(settings)
    crash_window = monitoring.alerts(settings)["PodCrashLooping"].window_seconds
    window = settings.stack.release.window_seconds
    often = signals.EVALUATION_SECONDS
    counted = recording.rules(window, meshed=settings.delivery.meshed)
    requests = [*counted, *objectives.rate_rules(promised)]
    days = monitoring.budget_days(settings)
    return [
        _recording("requests", often, requests, settings),
        _recording("resources", ALERTS_EVERY_SECONDS, series.rules(crash_window), settings),
        _recording("parts", objectives.PART_SECONDS, objectives.part_rules(), settings),
        _recording(
            "windows", WINDOWS_EVERY_SECONDS, objectives.window_rules(promised, days), settings
        ),
        _group("alerts", ALERTS_EVERY_SECONDS, alerts.rules(settings)),
    ]


def _recording(name: str, seconds: int, rules: Sequence[Rule], settings: Settings) -> Spec:
    """Each series says where it is from, as all that is scraped does."""
    recorded: list[Spec] = [{"record": rule.record, "expr": rule.expr} for rule in rules]
    return _group(name, seconds, recorded) | {"labels": monitoring.labels(settings)}


def _group(name: str, seconds: int, rules: list[Spec]) -> Spec:
    return {"name": f"manpasik-{name}", "interval": f"{seconds}s", "rules": rules}
