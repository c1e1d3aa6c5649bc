"""What a cluster is told to be: ports, nodes, its record, its stages."""

import socket
import threading
from pathlib import Path

import pytest
import yaml

from localcluster import LocalClusterError, Resources, SimulatedNode, nodes, ports, record, uniform
from localcluster.bootstrap import PROVISIONER
from localcluster.commands import PARTS, STAGES, Surroundings, launches
from localcluster.record import Record

STAGE_LIST = list(yaml.safe_load_all(STAGES.read_text()))
POD_STAGES = [each for each in STAGE_LIST if each["spec"]["resourceRef"]["kind"] == "Pod"]


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        listener.listen(1)
        yield listener.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_not_free(taken: int):
    assert not ports.is_free(taken)
    assert ports.is_free(ports.pick())


def test_a_port_is_waited_for_while_its_killed_owner_is_cleaned_up(taken: int):
    listener = socket.create_server((ports.LOOPBACK, ports.pick()))
    closing = threading.Timer(0.3, listener.close)
    closing.start()
    assert ports.becomes_free(listener.getsockname()[1])
    closing.join()
    assert not ports.becomes_free(taken)


def test_a_picked_port_is_none_of_those_to_avoid(monkeypatch: pytest.MonkeyPatch):
    given = iter([7001, 7001, 7002])

    class Probe:
        def bind(self, _address): ...
        def close(self): ...
        def getsockname(self):
            return ("127.0.0.1", next(given))

    monkeypatch.setattr(ports.socket, "socket", lambda *_: Probe())
    assert ports.pick(avoid=[7001]) == 7002


@pytest.mark.parametrize("value", ["abc", "", "-1", "4 cores", "8GiB", "1e"])
def test_a_quantity_that_kubernetes_would_refuse_is_refused_before_the_start(value: str):
    with pytest.raises(LocalClusterError, match="is no Kubernetes quantity"):
        Resources(cpu="1", memory=value)


@pytest.mark.parametrize("value", ["4", "500m", "1.5", "8Gi", "16384Ki", "1G"])
def test_a_kubernetes_quantity_is_accepted(value: str):
    assert Resources(cpu=value, memory=value).cpu == value


@pytest.mark.parametrize("name", ["", "Node", "a_b", "-a", "a" * 64])
def test_a_node_name_that_kubernetes_would_refuse_is_refused(name: str):
    with pytest.raises(LocalClusterError, match="Node name"):
        SimulatedNode(name=name, capacity=Resources(cpu="1", memory="1Gi"))


def test_equal_nodes_are_spread_over_three_zones():
    assert [node.zone for node in uniform(4)] == ["local-a", "local-b", "local-c", "local-a"]


@pytest.mark.parametrize("taint", ["", "pool", "pool=platform", "pool:NoEntry", "a b=c:NoSchedule"])
def test_a_taint_that_kubernetes_would_refuse_is_refused(taint: str):
    with pytest.raises(LocalClusterError, match="is no taint of node a"):
        SimulatedNode(name="a", capacity=Resources(cpu="1", memory="1Gi"), taints=[taint])


OURS = {"key": "pool", "value": "platform", "effect": "NoSchedule"}
NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
OLD = {"key": "pool", "value": "former", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        ([], [OURS]),
        ([NOT_READY], [NOT_READY, OURS]),
        ([NOT_READY, OURS], [NOT_READY, OURS]),
        ([OLD, NOT_READY], [NOT_READY, OURS]),
    ],
    ids=["new", "not ready yet", "as it should be", "changed"],
)
def test_a_node_gets_its_taints_and_keeps_those_of_the_controllers(there, becomes):
    node = SimulatedNode(
        name="a", capacity=Resources(cpu="1", memory="1Gi"), taints=["pool=platform:NoSchedule"]
    )
    assert nodes._taints(node, {"spec": {"taints": there}}) == {"taints": becomes}


def test_no_node_at_all_is_refused():
    with pytest.raises(LocalClusterError, match="at least one node"):
        uniform(0)


def test_what_is_allocatable_is_said_apart_from_the_capacity():
    whole, rest = Resources(cpu="4", memory="8Gi"), Resources(cpu="3500m", memory="7Gi")
    status = SimulatedNode(name="a", capacity=whole, allocatable=rest).status("v1")["status"]
    assert (status["capacity"]["cpu"], status["allocatable"]["cpu"]) == ("4", "3500m")
    assert status["capacity"]["pods"] == "110"


def test_a_label_of_a_node_cannot_take_it_from_the_simulator():
    label = {nodes.SIMULATED_LABEL: "false", "pool": "data"}
    node = SimulatedNode(name="a", capacity=Resources(cpu="1", memory="1Gi"), labels=label)
    labels = node.manifest("10.64.0.0/24")["metadata"]["labels"]
    assert (labels[nodes.SIMULATED_LABEL], labels["pool"]) == ("true", "data")


def test_a_node_keeps_its_pod_network_and_a_new_one_gets_another():
    present = {"node-2": {"spec": {"podCIDR": "10.64.0.0/24"}}}
    assert nodes._networks(uniform(2), present) == ["10.64.1.0/24", "10.64.0.0/24"]


def test_a_record_is_read_as_it_was_written(tmp_path: Path):
    rest = Resources(cpu="3", memory="7Gi")
    node = SimulatedNode(
        name="a",
        capacity=Resources(cpu="4", memory="8Gi"),
        allocatable=rest,
        labels={"x": "y"},
        taints=("pool=platform:NoSchedule",),
    )
    written = Record(ports={"etcd": 1}, nodes=(node, *uniform(1)), ends_at=5.5)
    record.save(tmp_path, written)
    assert record.load(tmp_path) == written


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ports": {}, "nodes": [{}], "ends_at": null}'])
def test_an_unreadable_record_names_its_file_and_the_way_out(tmp_path: Path, text: str):
    (tmp_path / "cluster.json").write_text(text)
    with pytest.raises(LocalClusterError, match=r"cluster\.json .*mpk local down"):
        record.load(tmp_path)


@pytest.mark.parametrize("name", ["", "..", "a/b", "Local", "-a", "a-", "a" * 41])
def test_a_cluster_name_that_is_no_plain_label_is_refused(name: str):
    with pytest.raises(LocalClusterError, match="is not usable"):
        record.directory_of(name)


def test_everything_that_serves_is_told_to_serve_on_loopback(tmp_path: Path):
    for file in ("etcd-ca.crt", "etcd.crt", "etcd.key"):
        (tmp_path / file).touch()
    of = Surroundings(
        directory=tmp_path,
        ports={"etcd": 1, "etcd-peer": 2, "kube-apiserver": 3},
        programs={part: Path("/programs") / part for part in PARTS},
    )
    commands = {part: " ".join(launch.command) for part, launch in launches(of).items()}
    assert tuple(commands) == PARTS
    assert "--bind-address=127.0.0.1" in commands["kube-apiserver"]
    assert "--anonymous-auth=false" in commands["kube-apiserver"]
    assert "0.0.0.0" not in " ".join(commands.values())  # noqa: S104


def test_stages_have_names_of_their_own():
    names = [stage["metadata"]["name"] for stage in STAGE_LIST]
    assert len(set(names)) == len(names) == 10


@pytest.mark.parametrize("stage", POD_STAGES, ids=lambda stage: stage["metadata"]["name"])
def test_a_deleted_pod_is_only_ever_deleted(stage):
    expressions = [each["jq"] for each in stage["spec"]["selector"]["matchExpressions"]]
    deleted = [each for each in expressions if each["key"] == ".metadata.deletionTimestamp"]
    ends = stage["metadata"]["name"] == "pod-is-deleted"
    assert deleted[0]["operator"] == ("Exists" if ends else "DoesNotExist")


def test_the_words_that_stages_look_for_are_those_they_document():
    header = STAGES.read_text().split("apiVersion", 1)[0]
    for word in ("broken", "crash", "never-ready", "fail"):
        assert f"#   {word} " in header
        assert any(word in str(stage["spec"]) for stage in POD_STAGES)


def test_claims_of_the_default_class_are_answered_by_a_stage():
    claim = next(s for s in STAGE_LIST if s["metadata"]["name"] == "claim-gets-a-volume")
    assert [PROVISIONER] in [
        each["jq"].get("values") for each in claim["spec"]["selector"]["matchExpressions"]
    ]
