"""The models of alerts, receivers and objectives: figures of R-ALERT as data.

What an alert's figure is compared with is code (`components/monitoring/alerts.py`); when it is too
much, for how long, who hears of it and how soon somebody must answer stands in the catalogue.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.model import DnsLabel, Model, VariableName

AlertName = Literal[
    "PodCrashLooping",
    "ErrorRateCritical",
    "ErrorRateHigh",
    "LatencyHigh",
    "CpuHigh",
    "DiskFilling",
    "CertificateExpiring",
    "NodeDown",
    "TargetDown",
    "MetricsMissing",
    "ServiceSilent",
    "RulesFailing",
    "NotificationsFailing",
    "CanaryCpuHigh",
    "BudgetBurningFast",
    "BudgetBurningSlowly",
    "Watchdog",
]
"""Every alert that the program knows an expression for; the first seven are R-ALERT-1 to 7."""

Severity = Literal["critical", "warning", "info", "none"]
"""How urgent: wake somebody, look today, take note; `none` proves that alerts arrive at all."""

ObjectiveName = Literal["critical", "standard"]
"""The rank of a service (`priority`): it has the objectives of its rank."""

WholeSeconds = Annotated[int, Field(ge=0, le=86400)]


class Alert(Model):
    """One alert: when it is too much, and who must know how soon."""

    severity: Severity
    """How urgent it is."""

    threshold: Annotated[float, Field(ge=0)] = 0
    """The figure it is about: a ratio (0.05 is 5 %), milliseconds, a count, or days."""

    window_seconds: Annotated[int, Field(ge=10, le=86400)] = 300
    """Over how long it looks back, where it counts something."""

    for_seconds: WholeSeconds = 0
    """For how long it must hold before anybody hears of it."""

    keep_seconds: WholeSeconds = 0
    """For how long it goes on after it stopped: what comes and goes is one alert, not many."""

    response_minutes: Annotated[int, Field(ge=1, le=10080)]
    """How soon somebody answers (R-ALERT); unanswered it is repeated after as long."""

    receivers: Annotated[tuple[DnsLabel, ...], Field(min_length=1)]
    """Who is told: rows of `catalog/receivers.yaml`."""

    release_may_cause: bool = False
    """Whether a planned release may silence it. Never for errors: they are why one is stopped."""

    summary: Annotated[str, Field(min_length=10, max_length=200)]
    """What is wrong, in one sentence; `{{ $labels.service }}` and `{{ $value }}` are filled in."""


class Receiver(Model):
    """A way in which somebody is told."""

    kind: Literal["slack", "pagerduty", "email", "webhook"]
    """What it is."""

    secret: VariableName
    """The secret it needs, an entry of `catalog/variables.yaml`: each stack has its own."""

    to: Annotated[str, Field(min_length=2, max_length=200)] | None = None
    """Slack's channel, or the address of an e-mail."""

    regional: dict[DnsLabel, Annotated[str, Field(min_length=2, max_length=200)]] = Field(
        default={}
    )
    """The same for single markets, where people of their own answer."""

    sender: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    """Who an e-mail comes from; its user at the server as well."""

    server: Annotated[str, Field(pattern=r"^[a-z0-9.-]+:[0-9]+$")] | None = None
    """The server that takes e-mail, with its port."""

    @model_validator(mode="after")
    def _whole(self) -> "Receiver":
        needs = {"slack": ("to",), "email": ("to", "sender", "server")}.get(self.kind, ())
        missing = [name for name in needs if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a receiver of kind {self.kind} is not whole; add {missing[0]}")
        return self


def _leaves_something(percent: float) -> float:
    if percent >= 100:  # noqa: PLR2004 - percent
        raise ValueError("leaves no error budget at all; allowed: below 100, such as 99.9")
    return percent


Percent = Annotated[float, Field(gt=0), AfterValidator(_leaves_something)]


class Objective(Model):
    """What a service promises over 28 days, or over as many as its metrics are kept."""

    availability: Percent
    """Requests that are answered without an error of the server's, in percent."""

    latency: Percent
    """Requests that are answered within `latency_ms`, in percent."""

    latency_ms: Annotated[int, Field(ge=1)]
    """Milliseconds that a good answer may take; one of the histogram's edges."""
