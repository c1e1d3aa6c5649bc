"""What `mpk check` says of room, and what the real scheduler does: pod for pod (D-7).

For each stack and phase of R-NODE, with every node there, with one lost, with a zone lost. Among
pods of one rank the scheduler chooses by its own lights, so they are counted by rank.
"""

from collections import Counter
from contextlib import contextmanager

import pytest

import localcluster
from cli.embedded import nodes_of
from localcluster import processes
from localcluster import record as records
from operations.cluster import Cluster
from settings import capacity_report, load, names
from settings.fitting import service_pods
from tests.support import scheduling
from tests.support.disruptions import Nodes

pytestmark = pytest.mark.cluster
NAME = "capacity"
LIFETIME_SECONDS = 900
# Nobody drains here, so that no budget has a say.
KINDS = tuple(kind for kind in scheduling.KINDS if kind != "PodDisruptionBudget")


def staging():
    return load("staging")


def production(phase):
    images = {"tag": "v1.0.0"}
    return load("production", {"environment": "production", "phase": phase, "images": images})


@pytest.fixture(scope="module")
def placed(cluster_state):
    """The pods of a stack as they come to lie on some of its nodes."""
    assert cluster_state
    last = []

    def place(settings, nodes, *, most=False):
        up = localcluster.up(NAME, nodes, lifetime_seconds=LIFETIME_SECONDS)
        cluster = Cluster(str(up.kubeconfig))
        asked = [settings.stack_name, settings.stack.phase, most]
        with unscheduled():
            if not last or last[0] != asked:
                last[:] = [asked, deployed(cluster, settings, most=most)]
            anew(cluster, last[1])
        return scheduling.settled(cluster, last[1])

    yield place
    localcluster.down(NAME)


@contextmanager
def unscheduled():
    """No scheduler meanwhile: then it has all pods before it at once, and none pushes one out."""
    directory = records.directory_of(NAME)
    alive = processes.running(directory)
    processes.stop(each.process for each in alive if each.part == "kube-scheduler")
    yield
    assert localcluster.up(NAME).started == ("kube-scheduler",)


def deployed(cluster, settings, *, most):
    """The stack in the place of the one before; how many pods it asks for."""
    for kind, version in (("StatefulSet", "apps/v1"), ("PersistentVolumeClaim", "v1")):
        for each in cluster.list(version, kind, names.DATA_NAMESPACE):
            cluster.delete(version, kind, each["metadata"]["name"], names.DATA_NAMESPACE)
    return scheduling.apply(cluster, settings, most=most, kinds=KINDS, started=False)


def anew(cluster, count):
    """All pods new, and none of them on a node."""
    directory = records.directory_of(NAME)
    Nodes(records.endpoint(directory, records.load(directory))).start_anew(*names.NAMESPACES)
    assert not any(pod.node for pod in scheduling.settled(cluster, count))


def left(settings, lost):
    """The nodes of which a row of the report speaks."""
    nodes = nodes_of(settings)
    return {
        "nothing": nodes,
        "one node": [node for node in nodes if not node.name.endswith("-1")],
        "one zone": [node for node in nodes if node.zone != "local-a"],
    }[lost]


def expected(settings, demand, lost):
    """Waiting pods of the services, by rank, as the report has them."""
    ranks = {pod.service: pod.rank for pod in service_pods(settings)}
    rows = capacity_report.report(settings).rows
    (row,) = [row for row in rows if (row.demand, row.lost) == (demand, lost)]
    found: Counter[int] = Counter()
    for service, count in row.waiting.items():
        found[ranks[service]] += count
    return found


CASES = [
    *((staging(), lost) for lost in ("nothing", "one node")),
    *((production(2), lost) for lost in ("nothing", "one node", "one zone")),
    # Where nothing waits without a zone, nothing waits with it.
    *((production(phase), "one zone") for phase in (3, 4)),
]


@pytest.mark.parametrize(
    ("settings", "lost"),
    CASES,
    ids=[f"{s.stack_name} phase {s.stack.phase} without {lost}" for s, lost in CASES],
)
def test_the_scheduler_agrees_with_the_report_pod_for_pod(settings, lost, placed):
    found = placed(settings, left(settings, lost))
    assert scheduling.waiting(found) == expected(settings, capacity_report.FEWEST, lost)
    pools = {(pod.namespace, pod.node.partition("-")[0]) for pod in found if pod.node}
    assert pools == {
        (names.APPLICATION_NAMESPACE, names.SERVICES_POOL),
        (names.DATA_NAMESPACE, names.PLATFORM_POOL),
    }


def test_the_largest_pool_holds_every_service_at_its_most_and_the_quota_lets_them(placed):
    settings = production(2)
    rows = capacity_report.report(settings).rows
    row = next(row for row in rows if (row.demand, row.lost) == (capacity_report.MOST, "nothing"))
    assert row.needed is not None
    assert row.needed <= row.allowed
    found = placed(settings, nodes_of(settings, row.allowed), most=True)
    assert not scheduling.waiting(found)
