"""What a dashboard says, before it is Grafana's JSON: rows of panels, each with its questions.

`board.py` makes the JSON. Every question goes to the data source that the reader chose, and is
narrowed to the environment, region and services that the reader chose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from settings.alerts import Alert, AlertName

Kind = Literal["timeseries", "stat", "bargauge", "table", "heatmap"]
Steps = tuple[tuple[float | None, str], ...]
"""Thresholds: from which value on, which colour; None is the lowest."""

WHERE = 'environment=~"$environment",region=~"$region"'
"""Whose series: empty labels match as well, where nothing says where a series is from."""
OF_SERVICE = f'{WHERE},service=~"$service"'
OF_VERSION = f'{OF_SERVICE},version=~"$version|none"'
"""Requests that reached no pod have the version `none`, and are never hidden."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What a stack has: a panel that nothing could ever fill is left out."""

    alerts: Mapping[AlertName, Alert]
    """The figures that are drawn as limits."""
    meshed: bool
    """Whether each service's requests are counted, and by version; else the gateway's alone."""
    rollouts: bool
    """Whether releases are the Rollouts controller's."""
    gitops: bool

    def limit(self, alert: AlertName) -> float:
        """The figure of an alert."""
        return self.alerts[alert].threshold


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """One question, and how a line of its answer is called."""

    expr: str
    legend: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One picture."""

    title: str
    about: str
    """What it shows, and what to make of it: the words behind the panel's `i`."""
    queries: tuple[Query, ...]
    kind: Kind = "timeseries"
    unit: str = "short"
    steps: Steps = ((None, "green"),)
    empty: str = "no data"
    """What stands there when there is nothing to show: at times that is good news."""
    width: int = 12
    height: int = 8
    most: float | None = None
    """The end of its axis, where it has one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Panels under a title; `repeat` draws them for each value of a variable."""

    title: str
    panels: tuple[Panel, ...]
    repeat: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """A dashboard."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]
    fleet: bool = False
    """Whether it asks several data sources, one row for each."""


def ask(expr: str, legend: str = "{{service}}") -> Query:
    """A question."""
    return Query(expr=expr, legend=legend)
