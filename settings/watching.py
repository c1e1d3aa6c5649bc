"""How a stack is watched, where it differs from what follows from its phase: `monitoring`."""

from typing import Annotated

from pydantic import Field

from settings.alerts import AlertName, WholeSeconds
from settings.keeping import PlaceName
from settings.model import DnsLabel, Model

Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class AlertChange(Model):
    """Where one alert differs in this stack."""

    threshold: Annotated[float, Field(ge=0)] | None = None
    """The figure instead of the catalogue's."""

    for_seconds: WholeSeconds | None = None
    """For how long it must hold instead."""

    receivers: Annotated[tuple[DnsLabel, ...], Field(min_length=1)] | None = None
    """Who is told instead."""


class RemoteWrite(Model):
    """A store outside the cluster that keeps metrics for longer."""

    url: Url
    """Where Prometheus writes to."""

    location: PlaceName
    """Where that is, a row of `catalog/locations.yaml`: metrics of patients' services stay in
    their country (decision 11)."""


class Monitoring(Model):
    """How a stack is watched."""

    enabled: bool | None = None
    """Whether it is. Absent: where there are nodes of the platform to run on (D-7), which is
    staging and production. Requests are counted by the mesh or, before there is one, at the door
    to the gateway alone: the services count none themselves (OBS-01, OBS-02)."""

    retention_days: Annotated[int, Field(ge=1, le=365)] | None = None
    """Days for which metrics are kept. Absent: 30 where there are patients, else 7."""

    remote_write: RemoteWrite | None = None
    """Where metrics are written to as well. Absent: they stay in the cluster."""

    fleet: dict[DnsLabel, Url] = Field(default={})
    """Prometheus of other markets, which Grafana asks for the fleet's dashboard: questions travel,
    series stay where they are."""

    grafana: Url | None = None
    """Where people find the dashboards. Absent: `grafana.` instead of the host's first part."""

    runbook: Url = "https://github.com/manpasik/deployment/blob/main/docs/runbook.md"
    """Where people find what to do about an alert."""

    alerts: dict[AlertName, AlertChange] = Field(default={})
    """Where single alerts differ."""
