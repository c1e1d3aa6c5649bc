"""The embedded control plane with its real processes: it starts, heals, and leaves no trace."""

import http.client
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

import localcluster
from localcluster import ports, processes, record
from localcluster.commands import PARTS
from localcluster.files import make_private_directory
from localcluster.record import Record

pytestmark = pytest.mark.cluster

ROOT = Path(localcluster.__file__).parent.parent
LIFETIME_SECONDS = 900
WAIT_SECONDS = 30
UP = """
import sys, localcluster
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else None
localcluster.up(sys.argv[1], lifetime_seconds=seconds, report=lambda d, t, m: print(m, flush=True))
"""


def _directory(name: str) -> Path:
    return record.directory_of(name)


def _parts(name: str) -> list[str]:
    return sorted(each.part for each in processes.running(_directory(name)) if each.part in PARTS)


def _kill(name: str, *parts: str) -> None:
    killed = [each.process for each in processes.running(_directory(name)) if each.part in parts]
    for each in killed:
        each.kill()
    assert not psutil.wait_procs(killed, WAIT_SECONDS)[1]


def _ports(name: str) -> dict[str, int]:
    return dict(record.load(_directory(name)).ports)


def _up_in_another_process(name: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", UP, name, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _killed_at(message: str, name: str, *arguments: str) -> None:
    """Run `up` and kill it with SIGKILL as soon as it reports that message."""
    with _up_in_another_process(name, *arguments) as starter:
        assert starter.stdout is not None
        assert any(line.strip() == message for line in starter.stdout), "up never said so"
        starter.kill()
    assert starter.returncode == -signal.SIGKILL


@contextmanager
def _bounded(name: str) -> Iterator[str]:
    """The name of a cluster that is not there yet; `up` will find its lifetime bounded."""
    directory = make_private_directory(_directory(name))
    record.save(directory, Record(ends_at=time.time() + LIFETIME_SECONDS))
    yield name
    localcluster.down(name)
    assert processes.running(_directory(name)) == []


@pytest.fixture
def own(cluster_state: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A cluster that the test makes, and may break."""
    assert cluster_state
    with _bounded(f"own-{abs(hash(request.node.name)) % 10**8}") as name:
        yield name


@pytest.fixture(scope="module")
def mended(cluster_state: Path) -> Iterator[str]:
    """A cluster that each test may break, since each begins with an `up`."""
    assert cluster_state
    with _bounded("mended") as name:
        yield name


@pytest.fixture
def cluster(mended: str) -> localcluster.Cluster:
    """The one that tests break, whole again: a shared one would be one more to start."""
    return localcluster.up(mended)


def test_it_starts_every_part_and_a_second_up_changes_nothing(mended: str):
    assert localcluster.up(mended).started == PARTS
    before = {each.process for each in processes.running(_directory(mended))}
    assert localcluster.up(mended).started == ()
    assert {each.process for each in processes.running(_directory(mended))} == before


def test_everything_listens_on_loopback_and_only_on_recorded_ports(cluster: localcluster.Cluster):
    listening: set[tuple[str, int]] = set()
    for each in processes.running(_directory(cluster.name)):
        for connection in each.process.net_connections(kind="inet"):
            if connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE}:
                listening.add((connection.laddr.ip, connection.laddr.port))
    assert listening == {("127.0.0.1", port) for port in _ports(cluster.name).values()}


def test_no_other_user_can_read_anything_of_it(cluster: localcluster.Cluster):
    directory = _directory(cluster.name)
    open_to_others = [
        path for path in [directory, *directory.rglob("*")] if path.lstat().st_mode & 0o077
    ]
    assert open_to_others == []
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_nobody_gets_an_answer_without_a_certificate(cluster: localcluster.Cluster):
    context = ssl.create_default_context(cafile=str(_directory(cluster.name) / "pki" / "ca.crt"))
    port = _ports(cluster.name)["kube-apiserver"]
    for path in ("/readyz", "/version", "/api/v1/namespaces"):
        api = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=5)
        api.request("GET", path)
        assert api.getresponse().status == http.client.UNAUTHORIZED, path
        api.close()


def test_killed_etcd_and_killed_api_server_are_repaired_with_their_data(mended: str, kubectl_for):
    kubectl = kubectl_for(localcluster.up(mended))
    kubectl("create", "configmap", "kept")
    for part in ("etcd", "kube-apiserver"):
        _kill(mended, part)
        assert localcluster.up(mended).started == (part,)
        assert _parts(mended) == sorted(PARTS)
        assert kubectl.get("configmap", "kept")["metadata"]["name"] == "kept"
    _kill(mended, *PARTS)
    assert localcluster.up(mended).started == PARTS
    kubectl("run", "later", "--image=x:1")
    kubectl.eventually("pod", "later", holds=lambda pod: pod["status"]["phase"] == "Running")


def test_a_port_that_somebody_took_meanwhile_is_replaced_everywhere(mended: str, kubectl_for):
    kubectl = kubectl_for(localcluster.up(mended))
    before = _ports(mended)
    _kill(mended, "kube-apiserver")
    assert ports.becomes_free(before["kube-apiserver"])
    with socket.create_server(("127.0.0.1", before["kube-apiserver"])):
        started = localcluster.up(mended).started
        after = _ports(mended)
        kubectl("get", "nodes")
    assert {port for port in after if after[port] != before[port]} == {"kube-apiserver"}
    assert started == PARTS[1:], "a client of the old port was left running"
    assert _parts(mended) == sorted(PARTS)


def test_up_finishes_what_a_killed_up_began(own: str):
    for message in ("issuing certificates", "starting kube-apiserver", "starting kwok"):
        _killed_at(message, own)
    localcluster.up(own)
    assert _parts(own) == sorted(PARTS), "a process runs twice, or not at all"
    assert localcluster.status(own)["ready"]


def test_two_ups_at_once_make_one_cluster(own: str):
    starters = [_up_in_another_process(own) for _ in range(2)]
    told = [starter.communicate(timeout=120)[0] for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0]
    assert _parts(own) == sorted(PARTS)
    assert sum("another up or down is at work" in each for each in told) == 1


def test_a_bounded_cluster_ends_by_itself_even_when_its_up_was_killed(own: str):
    _killed_at("starting kube-apiserver", own, "3")
    assert processes.running(_directory(own))
    deadline = time.monotonic() + WAIT_SECONDS
    while processes.running(_directory(own)) or _directory(own).exists():
        assert time.monotonic() < deadline, "it outlived its time"
        time.sleep(0.1)


def test_two_clusters_live_side_by_side_and_down_takes_only_its_own(
    own: str, cluster: localcluster.Cluster, kubectl_for
):
    mine = localcluster.up(own, localcluster.uniform(1))
    assert [node["metadata"]["name"] for node in kubectl_for(mine).get("nodes")["items"]] == [
        "node-1"
    ]
    assert not set(_ports(own).values()) & set(_ports(cluster.name).values())
    served = list(_ports(own).values())
    assert localcluster.down(own)
    assert not _directory(own).exists()
    assert processes.running(_directory(own)) == []
    for port in served:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, "a port is still served"
    assert not localcluster.down(own), "a second down has nothing to do"
    assert len(kubectl_for(cluster).get("nodes")["items"]) == 3


def test_nodes_can_be_added_resized_and_removed(mended: str):
    localcluster.up(mended, localcluster.uniform(1))
    localcluster.up(mended, localcluster.uniform(2, cpu="8", memory="16Gi"))
    sizes = {each["name"]: each["cpu"] for each in localcluster.status(mended)["nodes"]}
    assert sizes == {"node-1": "8", "node-2": "8"}
    localcluster.up(mended, localcluster.uniform(1))
    assert [each["name"] for each in localcluster.status(mended)["nodes"]] == ["node-1"]
