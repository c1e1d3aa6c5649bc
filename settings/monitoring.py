"""What a stack's monitoring comes to: whether there is any, alerts, receivers, objectives."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from settings import signals_door
from settings.alerts import Alert, AlertName, Objective, Receiver
from settings.markets import is_global, market

if TYPE_CHECKING:
    from settings.whole import Settings

BUDGET_DAYS = 28
"""Days over which an objective is promised; four weeks, so that each holds as many weekends."""
RETENTION_DAYS = {"small": 7, "large": 30}
NO_REGION = "none"


def monitored(settings: "Settings") -> bool:
    """Whether the stack has dashboards and alerts of its own."""
    said = settings.stack.monitoring.enabled
    if said is not None or is_global(settings):
        return bool(said) and not is_global(settings)
    return settings.environment.platform is not None


def labels(settings: "Settings") -> dict[str, str]:
    """What every series of the stack says of where it is from."""
    region = market(settings) or NO_REGION
    return {"environment": settings.stack.environment, "region": region}


def retention_days(settings: "Settings") -> int:
    """For how many days metrics are kept."""
    usual = RETENTION_DAYS["large" if settings.environment.patients else "small"]
    return settings.stack.monitoring.retention_days or usual


def budget_days(settings: "Settings") -> int:
    """Over how many days objectives are counted: never more than are kept."""
    return min(BUDGET_DAYS, retention_days(settings))


def alerts(settings: "Settings") -> dict[AlertName, Alert]:
    """Every alert, as this stack wants it."""
    changes = settings.stack.monitoring.alerts
    return {
        name: alert.model_copy(update=changes[name].model_dump(exclude_none=True))
        if name in changes
        else alert
        for name, alert in settings.catalog.alerts.items()
    }


def receivers(settings: "Settings") -> dict[str, Receiver]:
    """Those that some alert of the stack names, with the channel or address of its market."""
    used = {name for alert in alerts(settings).values() for name in alert.receivers}
    where = market(settings) or NO_REGION
    return {
        name: each.model_copy(update={"to": each.regional.get(where, each.to)})
        for name, each in settings.catalog.receivers.items()
        if name in used
    }


def secret_readers(settings: "Settings") -> Mapping[str, str]:
    """The secrets of the stack's receivers, with the receiver that needs each."""
    if not monitored(settings):
        return {}
    return {each.secret: name for name, each in receivers(settings).items()}


def counted(settings: "Settings") -> list[str]:
    """The services whose requests something counts: all in a mesh, else what is at the door."""
    services = list(settings.services)
    return services if settings.delivery.meshed else [signals_door.SERVICE]


def objectives(settings: "Settings") -> dict[str, Objective]:
    """What each service promises whose requests are counted."""
    known, services = settings.catalog.objectives, settings.services
    return {name: known[services[name].priority] for name in counted(settings)}


def grafana(settings: "Settings") -> str:
    """Where people find the dashboards."""
    host = settings.host or "grafana.localhost"
    return settings.stack.monitoring.grafana or f"https://grafana.{host.partition('.')[2]}"
