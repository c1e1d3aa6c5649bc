"""Every dashboard of a stack, by name."""

from components.monitoring.dashboards import requests, state
from components.monitoring.dashboards.board import as_json
from components.monitoring.dashboards.panels import Board
from settings import monitoring
from settings.loader import Settings


def boards(settings: Settings) -> list[Board]:
    """The five of R-MON, the canary's, and the fleet's; their limits are those of the alerts."""
    alerts = dict(monitoring.alerts(settings))
    makers = (
        state.deployments,
        state.services,
        requests.errors,
        requests.latency,
        requests.throughput,
        state.canary,
        state.fleet,
    )
    return [make(alerts) for make in makers]


def as_files(settings: Settings) -> dict[str, str]:
    """The JSON of each dashboard by its name."""
    return {board.name: as_json(board) for board in boards(settings)}
