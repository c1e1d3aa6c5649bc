"""Whether an environment's nodes hold the product, and the smallest change that would (D-7).

Counted against what pods may really use: the nodes of R-NODE less kubelet, system and DaemonSets.
Figures are exact where every pod asks for the same, which the environments' own figures do, and
zones have room alike. Where unequal zones are full to the last pods, the scheduler's order may
leave a pod or two waiting that another order would place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from settings.capacity import schedulable
from settings.environments import Pool
from settings.fitting import (
    Fit,
    Node,
    Pod,
    fit,
    least_nodes,
    nodes,
    nodes_needed,
    platform_pods,
    service_pods,
)
from settings.loader import Settings

CPU_STEP = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One demand on one pool with some of its nodes gone."""

    pool: str
    demand: str
    lost: str
    nodes: int
    pods: int
    waiting: Mapping[str, int]
    needed: int | None
    """Nodes on which nothing waits; None where no number of nodes would do."""
    allowed: int
    """Nodes to which the pool may grow."""
    surge: int = 0
    """Pods that may wait for each other: a rolling update needs room for one of them."""

    @property
    def verdict(self) -> str:
        """`fits`, `grows` (the pool may become large enough), `in turn`, or `does not fit`."""
        waiting = sum(self.waiting.values())
        if not waiting:
            return "fits"
        if self.needed and self.needed <= self.allowed:
            return "grows"
        return "in turn" if waiting < self.surge else "does not fit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Every row, and what would help."""

    stack: str
    rows: tuple[Row, ...]
    advice: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the fewest pods run and roll on the pools as large as they may become."""
        usual = [row for row in self.rows if row.demand != MOST and row.lost == "nothing"]
        return all(row.verdict != "does not fit" for row in usual)


FEWEST, ROLLING, MOST, STORES = "replicas", "all rolling", "HPA maximum", "stores, charts"


def report(settings: Settings) -> Report:
    """The rows of a stack's pools."""
    pool, platform = settings.nodes, settings.environment.platform
    theirs = platform_pods(settings)
    beside = [] if platform else theirs
    demands = {
        FEWEST: service_pods(settings) + beside,
        ROLLING: service_pods(settings, 1) + beside,
        MOST: service_pods(settings, most=True) + beside,
    }
    surge = {ROLLING: len(settings.services)}
    rows = [
        row
        for name, pods in demands.items()
        for row in _rows("services", name, pods, pool, surge.get(name, 0))
    ]
    if platform:
        rows += _rows("platform", STORES, theirs, platform)
    return Report(
        stack=settings.stack_name,
        rows=tuple(rows),
        advice=tuple(_advice(rows[0], demands[FEWEST], pool)),
    )


def _rows(name: str, demand: str, pods: list[Pod], pool: Pool, surge: int = 0) -> list[Row]:
    rows: list[Row] = []
    for lost in _losses(pool):
        left, found = _worst(pods, pool, lost)
        rows.append(
            Row(
                pool=name,
                demand=demand,
                lost=lost,
                nodes=left,
                pods=len(pods),
                waiting=found.waiting,
                needed=_needed(pods, pool, lost) if found.waiting else pool.count,
                allowed=pool.most,
                surge=surge,
            )
        )
    return rows


def _losses(pool: Pool) -> list[str]:
    losses = ["nothing"]
    if pool.count > 1:
        losses.append("one node")
    if pool.zones > 1:
        losses.append("one zone")
    return losses


def _worst(pods: list[Pod], pool: Pool, lost: str) -> tuple[int, Fit]:
    """The nodes that are left, and what finds room, when the loss is where it hurts most."""
    found = [(len(left), fit(pods, left, pool.zones)) for left in _left(pool, lost)]
    return min(found, key=lambda case: (case[1].placed, case[0]))


def _left(pool: Pool, lost: str) -> Iterator[list[Node]]:
    """The nodes that are left, for each zone that the loss may be in; a zone's nodes are alike."""
    if lost == "nothing":
        yield nodes(pool)
        return
    for zone in range(min(pool.zones, pool.count)):
        whole = nodes(pool)
        gone = [node for node in whole if node.zone == zone]
        gone = gone[:1] if lost == "one node" else gone
        yield [node for node in whole if not any(node is each for each in gone)]


def _needed(pods: list[Pod], pool: Pool, lost: str) -> int | None:
    """Nodes of the whole pool, the lost ones among them, on which nothing waits."""
    if lost == "nothing":
        return nodes_needed(pods, pool)
    limit = 10 * pool.most + 10
    for count in range(max(pool.count, least_nodes(pods, pool, limit) + 1), limit):
        grown = pool.model_copy(update={"count": count, "max_count": None})
        if not _worst(pods, grown, lost)[1].waiting:
            return count
    return None


def _advice(row: Row, pods: list[Pod], pool: Pool) -> list[str]:
    """The smallest changes that would hold the fewest pods: more nodes, or smaller requests."""
    if not row.waiting:
        return []
    advice = [f"nodes: {row.needed} instead of {pool.count}"] if row.needed else []
    request = _request_that_fits(pods, pool)
    if request:
        advice.append(f"or cpu: {request}m instead of {max(pod.cpu for pod in pods)}m per pod")
    return advice


def _request_that_fits(pods: list[Pod], pool: Pool) -> int | None:
    largest = max(pod.cpu for pod in pods)
    for cpu in range(largest - CPU_STEP, 0, -CPU_STEP):
        smaller = [
            Pod(service=p.service, cpu=min(p.cpu, cpu), memory=p.memory, rank=p.rank) for p in pods
        ]
        if not fit(smaller, nodes(pool), pool.zones).waiting:
            return cpu
    return None


def verdict(found: Report) -> str:
    """What the row that always holds comes to, with the smallest change that would fit."""
    first, waiting = found.rows[0], sum(found.rows[0].waiting.values())
    told = f"{first.pods - waiting} of {first.pods} pods find room on {first.nodes}"
    if waiting:
        told += f"; {_growth(first)}. Smallest change: {', '.join(found.advice)}"
    return told


def _growth(row: Row) -> str:
    if row.verdict == "grows":
        return f"the pool grows to {row.needed} of at most {row.allowed}"
    return f"the pool may have {row.allowed} at most, so they would wait for ever"


def room(pool: Pool) -> str:
    """What one node of a pool offers to pods."""
    cpu, memory = schedulable(pool)
    return f"{cpu}m CPU, {memory} MiB of {pool.vcpu} CPU, {pool.memory_gb} GB"
