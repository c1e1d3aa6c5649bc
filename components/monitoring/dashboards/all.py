"""Every dashboard of a stack, by name."""

from components.monitoring.dashboards import requests, state
from components.monitoring.dashboards.board import as_json
from components.monitoring.dashboards.panels import Board, Facts
from settings import monitoring
from settings.loader import Settings


def boards(settings: Settings) -> list[Board]:
    """The five of R-MON, the canary's where there are any, and the fleet's."""
    found = facts(settings)
    makers = (
        state.deployments,
        state.services,
        requests.errors,
        requests.latency,
        requests.throughput,
        *([state.canary] if found.rollouts else []),
        state.fleet,
    )
    return [make(found) for make in makers]


def facts(settings: Settings) -> Facts:
    """What its dashboards can show."""
    delivery = settings.delivery
    return Facts(
        alerts=monitoring.alerts(settings),
        meshed=delivery.meshed,
        rollouts=delivery.strategy != "rolling",
        gitops=delivery.gitops,
    )


def as_files(settings: Settings) -> dict[str, str]:
    """The JSON of each dashboard by its name."""
    rollouts = facts(settings).rollouts
    return {board.name: as_json(board, rollouts=rollouts) for board in boards(settings)}
