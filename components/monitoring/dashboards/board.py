"""A dashboard as Grafana's JSON, by Grafana's own typed builders.

The same board gives the same bytes: ids are counted, keys sorted, nothing is dated. No data source
is named: each panel asks the one that the reader chose.
"""

import json
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    heatmap,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from components.monitoring import series
from components.monitoring.dashboards.panels import Board, Panel, Query, Row
from settings import names, signals

COLUMNS = 24
SOURCE_TYPE = "prometheus"
_SOURCE = models.DataSourceRef(type_val=SOURCE_TYPE, uid="${datasource}")
_TAGS = [names.APPLICATION]
_HIDDEN = ("Time", "environment", "region", "__name__")
_VARIABLES = ("environment", "region", "service", "version")
_RECORDS = f'kube_configmap_created{{configmap=~"{names.APPLICATION}-release-.+"}}'
_EVENT_SECONDS = 60
_RELEASED = f"(time() - {_RECORDS} >= 0) < {_EVENT_SECONDS}"
_ABORTED = f'sum by (name) (increase(rollout_events_total{{reason="RolloutAborted"}}[{_EVENT_SECONDS}s])) > 0'  # noqa: E501 - one expression
_BACK = f"sum by (service) (resets({series.DEPLOYED}[{_EVENT_SECONDS}s])) > 0"


def uid(name: str) -> str:
    """The address of a dashboard below Grafana's `/d/`."""
    return f"{names.APPLICATION}-{name}"


def as_json(board: Board, *, rollouts: bool) -> str:
    """The dashboard, compact: it lives in a ConfigMap.

    Lines over every panel mark a release's record, and a release that was taken back.
    """
    taken_back = _ABORTED if rollouts else _BACK
    marks = (("releases", "blue", _RELEASED), ("rollbacks", "red", taken_back))
    made = _built(board)
    for name, colour, expr in marks:
        made = made.annotation(_annotation(name, colour, expr))
    plain = json.loads(JSONEncoder(sort_keys=True).encode(made.build()))
    for each in (*plain["annotations"]["list"], *plain["links"]):
        # The builders put both into a menu, which nobody would open; left out, they are in sight.
        del each["placement"]
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _built(board: Board) -> builders.Dashboard:
    found = (
        builders.Dashboard(board.title)
        .uid(uid(board.name))
        .description(board.about)
        .tags(_TAGS)
        .timezone("browser")
        .readonly()
        .refresh("30s")
        .time("now-1h", "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(_to_the_others())
    )
    for variable in _variables(board):
        found = found.with_variable(variable)
    return _laid_out(board, found)


def _laid_out(board: Board, found: builders.Dashboard) -> builders.Dashboard:
    top, number = 0, 0
    for row in board.rows:
        number += 1
        found = found.with_row(_row(row, number, top))
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                top, left, height = top + height, 0, 0
            number += 1
            found = found.with_panel(_panel(panel, number, left, top))
            left, height = left + panel.width, max(height, panel.height)
        top += height
    return found


def _row(row: Row, number: int, top: int) -> builders.Row:
    place = models.GridPos(h=1, w=COLUMNS, x=0, y=top)
    made = builders.Row(row.title).id(number).grid_pos(place)
    return made.repeat(row.repeat) if row.repeat else made


def _panel(panel: Panel, number: int, left: int, top: int) -> Builder[models.Panel]:
    made = _KINDS[panel.kind]()
    made = (
        made.id(number)
        .title(panel.title)
        .description(panel.about)
        .datasource(_SOURCE)
        .unit(panel.unit)
        .no_value(panel.empty)
        .grid_pos(models.GridPos(h=panel.height, w=panel.width, x=left, y=top))
    )
    if panel.kind != "heatmap":
        made = made.thresholds(_steps(panel))
    if panel.kind == "timeseries":
        made = _as_lines(made, limits=len(panel.steps) > 1)
    if panel.kind in ("stat", "bargauge"):
        made = made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    if panel.most is not None:
        made = made.min(0).max(panel.most)
    for index, query in enumerate(panel.queries):
        made = made.with_target(_query(query, panel, chr(ord("A") + index)))
    if panel.kind == "table":
        made = _as_table(made)
    return made


def _as_lines(made: Any, *, limits: bool) -> Any:
    """Which line is whose, the highest first under the pointer; limits as lines of their own."""
    mode = GraphThresholdsStyleMode.LINE if limits else GraphThresholdsStyleMode.OFF
    legend = common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)
    pointer = common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
    made = made.thresholds_style(common.GraphThresholdsStyleConfig().mode(mode))
    return made.legend(legend.placement(LegendPlacement.BOTTOM)).tooltip(pointer)


def _as_table(made: Any) -> Any:
    """One row a series, without the columns that every row would share."""
    hidden = {"excludeByName": dict.fromkeys(_HIDDEN, True)}
    steps: tuple[tuple[str, dict[str, Any]], ...] = (("merge", {}), ("organize", hidden))
    for name, options in steps:
        made = made.with_transformation(models.DataTransformerConfig(id_val=name, options=options))
    return made


def _query(query: Query, panel: Panel, letter: str) -> prometheus.Dataquery:
    made = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(letter)
    if panel.kind == "table":
        return made.instant().format(PromQueryFormat.TABLE)
    if panel.kind == "heatmap":
        return made.range().format(PromQueryFormat.HEATMAP)
    return made.instant() if panel.kind in ("stat", "bargauge") else made.range()


def _steps(panel: Panel) -> builders.ThresholdsConfig:
    steps = [models.Threshold(value=value, color=colour) for value, colour in panel.steps]
    return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _variables(board: Board) -> list[Builder[models.VariableModel]]:
    source = builders.DatasourceVariable("datasource").label("metrics of").type(SOURCE_TYPE)
    if board.fleet:
        source = source.multi(True).include_all(True)
    return [source, *(_variable(name) for name in _VARIABLES)]


def _variable(name: str) -> builders.QueryVariable:
    """A choice of several values; all of them, and nothing at all, to begin with."""
    series = signals.VERSION_ERROR_RATIO if name == "version" else signals.REQUESTS
    return (
        builders.QueryVariable(name)
        .label(name)
        .datasource(_SOURCE)
        .query(f"label_values({series}, {name})")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )


def _annotation(name: str, colour: str, expr: str) -> builders.AnnotationQuery:
    made = builders.AnnotationQuery().name(name).datasource(_SOURCE).enable(True)
    return made.icon_color(colour).expr(expr)


def _to_the_others() -> builders.DashboardLink:
    made = builders.DashboardLink("ManPaSik").type(models.DashboardLinkType.DASHBOARDS)
    return made.tags(_TAGS).as_dropdown(True).include_vars(True).keep_time(True)


_KINDS: dict[str, Any] = {
    "timeseries": timeseries.Panel,
    "stat": stat.Panel,
    "bargauge": bargauge.Panel,
    "table": table.Panel,
    "heatmap": heatmap.Panel,
}
