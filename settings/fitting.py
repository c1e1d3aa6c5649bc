"""Which pods find room on which nodes, as the scheduler would place them (D-7).

Pods of a higher rank first. Over zones as strictly as the pods ask for: a zone that is full keeps a
service's next pod waiting even where another zone has room. Within a zone the emptiest node.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from settings import capacity, names, platform
from settings.capacity import DAEMONS, PODS_PER_NODE, schedulable
from settings.environments import Pool
from settings.loader import Settings
from settings.model import mebibytes, millicores


@dataclass(frozen=True, kw_only=True, slots=True)
class Pod:
    """What one pod asks for: thousandths of a core, MiB."""

    service: str
    cpu: int
    memory: int
    rank: int


@dataclass(kw_only=True, slots=True)
class Node:
    """What is left on a node."""

    zone: int
    cpu: int
    memory: int
    pods: int = PODS_PER_NODE - len(DAEMONS)

    def has_room(self, pod: Pod) -> bool:
        """Whether the pod fits beside what is there already."""
        return self.cpu >= pod.cpu and self.memory >= pod.memory and self.pods > 0

    def take(self, pod: Pod) -> None:
        """Place it."""
        self.cpu -= pod.cpu
        self.memory -= pod.memory
        self.pods -= 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """What came of placing pods on nodes."""

    pods: int
    waiting: Mapping[str, int] = field(default_factory=dict[str, int])
    """Pods without room, by service."""

    @property
    def placed(self) -> int:
        """Pods that run."""
        return self.pods - sum(self.waiting.values())


def service_pods(settings: Settings, extra: int = 0, *, most: bool = False) -> list[Pod]:
    """The pods of every service: the fewest or the most, and `extra` of each."""
    found: list[Pod] = []
    cpu, memory = capacity.proxy(settings)
    for name, service in settings.services.items():
        size = settings.size(name)
        pod = Pod(
            service=name,
            cpu=millicores(size.cpu) + cpu,
            memory=int(mebibytes(size.memory)) + memory,
            rank=names.PRIORITIES[service.priority],
        )
        found += [pod] * ((size.most if most else size.replicas) + extra)
    return found


def store_pods(settings: Settings) -> list[Pod]:
    """The pods of the stores that run inside the cluster."""
    return [
        Pod(
            service=name,
            cpu=millicores(server.cpu),
            memory=int(mebibytes(server.memory)),
            rank=names.PRIORITIES["data"],
        )
        for store in settings.stores.values()
        for name, server in store.servers.items()
    ]


def platform_pods(settings: Settings) -> list[Pod]:
    """What nodes of the platform are for: stores, and the charts that the program installs."""
    return store_pods(settings) + [
        Pod(service=name, cpu=millicores(part.cpu), memory=int(mebibytes(part.memory)), rank=0)
        for name, part in platform.parts(settings).items()
        for _ in range(part.replicas)
    ]


def nodes(pool: Pool, count: int | None = None) -> list[Node]:
    """A pool's nodes, or as many as `count`, taking its zones in turn."""
    cpu, memory = schedulable(pool)
    return [
        Node(zone=index % pool.zones, cpu=cpu, memory=memory)
        for index in range(pool.count if count is None else count)
    ]


def fit(pods: Iterable[Pod], on: list[Node], zones: int) -> Fit:
    """Place the pods on the nodes; a pool in several zones spreads each service over them."""
    wanted = sorted(pods, key=lambda pod: (-pod.rank, -pod.cpu, pod.service))
    every = {node.zone for node in on}
    spread: dict[str, Counter[int]] = {}
    waiting: Counter[str] = Counter()
    for pod in wanted:
        there = spread.setdefault(pod.service, Counter())
        allowed = _allowed_zones(there, every) if zones > 1 else every
        room = [node for node in on if node.zone in allowed and node.has_room(pod)]
        if not room:
            waiting[pod.service] += 1
            continue
        node = max(room, key=lambda found: (found.cpu, found.memory))
        node.take(pod)
        there[node.zone] += 1
    return Fit(pods=len(wanted), waiting=dict(waiting))


def nodes_needed(pods: list[Pod], pool: Pool, limit: int = 1000) -> int | None:
    """The fewest nodes, from the pool's own count on, on which no pod waits."""
    least = least_nodes(pods, pool, limit)
    counts = range(max(pool.count, least), limit + 1)
    return next((n for n in counts if not fit(pods, nodes(pool, n), pool.zones).waiting), None)


def least_nodes(pods: list[Pod], pool: Pool, limit: int) -> int:
    """Fewer cannot hold them, however they are placed; beyond the limit where no number can."""
    one = nodes(pool, 1)[0]
    if not all(map(one.has_room, pods)):
        return limit + 1
    used = (sum(pod.cpu for pod in pods), one.cpu), (sum(pod.memory for pod in pods), one.memory)
    rounded = (-(-all_of // each) for all_of, each in (*used, (len(pods), one.pods)) if all_of)
    return max(rounded, default=0)


def _allowed_zones(there: Counter[int], zones: set[int]) -> set[int]:
    """Zones in which one pod more keeps the difference at one."""
    fewest = min((there[zone] for zone in zones), default=0)
    return {zone for zone in zones if there[zone] == fewest}
