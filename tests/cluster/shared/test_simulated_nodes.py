"""What the simulated nodes pretend, on the real API server: the rules of stages.yaml, and Ready."""

import datetime
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cluster


def _pod(name: str, image: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "main", "image": image}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}}
    return {**pod, "spec": {"containers": containers, **spec}}


def _job(name: str, image: str) -> dict[str, Any]:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": image}]}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}}
    return {**job, "spec": {"backoffLimit": 0, "template": template}}


def _waiting(pod: Any) -> str:
    statuses = pod["status"].get("containerStatuses") or [{"state": {}}]
    return statuses[0]["state"].get("waiting", {}).get("reason", "")


def test_a_broken_image_is_seen_as_a_kubelet_would_say_it(kubectl, namespace: str):
    kubectl("apply", "-n", namespace, "-f-", stdin=_pod("pod", "example/app:v1-broken"))
    pod = kubectl.eventually(
        "pod", "pod", "-n", namespace, holds=lambda pod: _waiting(pod) == "ImagePullBackOff"
    )
    assert pod["status"]["phase"] == "Pending"
    events = kubectl.eventually(
        # Of the kubelet's: the scheduler may say first that no node is ready yet.
        *("events", "-n", namespace),
        *("--field-selector", "type=Warning,reason!=FailedScheduling"),
        holds=lambda found: len(found["items"]) >= 2,
    )["items"]
    assert {each["reason"] for each in events} == {"Failed", "BackOff"}
    assert all("example/app:v1-broken" in each["message"] for each in events)


def test_a_broken_init_image_keeps_the_pod_from_its_start(kubectl, namespace: str):
    init = [{"name": "ok", "image": "a:1"}, {"name": "bad", "image": "a:broken"}]
    pod = _pod("pod", "example/app:v1", initContainers=init)
    kubectl("apply", "-n", namespace, "-f-", stdin=pod)
    pod = kubectl.eventually(
        *("pod", "pod", "-n", namespace), holds=lambda pod: _waiting(pod) == "PodInitializing"
    )
    first, second = pod["status"]["initContainerStatuses"]
    assert first["state"]["terminated"]["reason"] == "Completed"
    assert second["state"]["waiting"]["reason"] in {"ErrImagePull", "ImagePullBackOff"}


def test_a_crashing_container_restarts_and_is_never_ready(kubectl, namespace: str):
    kubectl("apply", "-n", namespace, "-f-", stdin=_pod("pod", "example/app:crash"))
    pod = kubectl.eventually(
        *("pod", "pod", "-n", namespace),
        holds=lambda pod: (
            (pod["status"].get("containerStatuses") or [{}])[0].get("restartCount", 0) >= 2
        ),
    )
    assert _waiting(pod) == "CrashLoopBackOff"
    ready = [each["status"] for each in pod["status"]["conditions"] if each["type"] == "Ready"]
    assert ready == ["False"]


def test_a_never_ready_container_runs_and_is_never_available(kubectl, namespace: str):
    kubectl("create", "deployment", "app", "-n", namespace, "--image=app:1-never-ready")
    kubectl.eventually(
        *("events", "-n", namespace),
        holds=lambda found: any(each["reason"] == "Unhealthy" for each in found["items"]),
    )
    pod = kubectl.get("pods", "-n", namespace)["items"][0]
    assert pod["status"]["phase"] == "Running"
    assert not kubectl.get("deployment", "app", "-n", namespace)["status"].get("availableReplicas")


def test_an_unattended_pod_keeps_its_node_and_its_neighbours_start(kubectl, namespace: str):
    for name, image in (("left", "app:1-unattended"), ("taken", "app:1")):
        kubectl("apply", "-n", namespace, "-f-", stdin=_pod(name, image))
    kubectl.eventually(
        "pod", "taken", "-n", namespace, holds=lambda pod: pod["status"]["phase"] == "Running"
    )
    time.sleep(1.5)  # as long as it takes the slowest start
    left = kubectl.get("pod", "left", "-n", namespace)
    assert (left["status"]["phase"], bool(left["spec"]["nodeName"])) == ("Pending", True)


def test_jobs_succeed_and_those_marked_fail_fail(kubectl, namespace: str):
    for name, image in (("good", "migrate:1"), ("bad", "migrate:1-fail")):
        kubectl("apply", "-n", namespace, "-f-", stdin=_job(name, image))

    def ended(job: Any) -> list[str]:
        return [each["type"] for each in job["status"].get("conditions", [])]

    kubectl.eventually("job", "good", "-n", namespace, holds=lambda job: "Complete" in ended(job))
    kubectl.eventually("job", "bad", "-n", namespace, holds=lambda job: "Failed" in ended(job))


def test_a_claim_gets_a_volume_of_its_size_and_gives_it_back(kubectl, namespace: str):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "3Gi"}}},
    }
    kubectl("apply", "-n", namespace, "-f-", stdin=claim)
    mount = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    kubectl("apply", "-n", namespace, "-f-", stdin=_pod("pod", "db:1", volumes=mount))
    running = kubectl.eventually(
        "pod", "pod", "-n", namespace, holds=lambda pod: pod["status"]["phase"] == "Running"
    )
    volume = kubectl.get("pvc", "data", "-n", namespace)["spec"]["volumeName"]
    held = kubectl.get("pv", volume)["spec"]
    assert (held["capacity"]["storage"], bool(running)) == ("3Gi", True)
    assert not Path(held["hostPath"]["path"]).exists(), "a simulated disk became a directory"
    kubectl("delete", "pod/pod", "pvc/data", "-n", namespace)
    kubectl.eventually("pv", holds=lambda found: volume not in str(found))


def test_a_pod_that_fits_nowhere_stays_pending(kubectl, namespace: str):
    container = {"name": "big", "image": "x:1", "resources": {"requests": {"cpu": "5"}}}
    pod = _pod("pod", "x:1", containers=[container])
    kubectl("apply", "-n", namespace, "-f-", stdin=pod)
    pod = kubectl.eventually(
        *("pod", "pod", "-n", namespace), holds=lambda pod: bool(pod["status"].get("conditions"))
    )
    assert pod["status"]["conditions"][0]["reason"] == "Unschedulable"


def test_nodes_stay_ready_beyond_the_time_after_which_silence_counts(kubectl):
    """Without renewed leases a node turns NotReady; this is the last test so that time passed."""
    now = datetime.datetime.now(datetime.UTC)
    nodes = kubectl.get("nodes")["items"]
    made = [datetime.datetime.fromisoformat(n["metadata"]["creationTimestamp"]) for n in nodes]
    time.sleep(max(0.0, 65 - (now - max(made)).total_seconds()))
    for node in kubectl.get("nodes")["items"]:
        ready = next(each for each in node["status"]["conditions"] if each["type"] == "Ready")
        since = datetime.datetime.fromisoformat(ready["lastTransitionTime"])
        assert ready["status"] == "True"
        assert (since - max(made)).total_seconds() < 30, "it was NotReady in between"
    leases = kubectl.get("leases", "-n", "kube-node-lease")["items"]
    assert {each["metadata"]["name"] for each in leases} == {n["metadata"]["name"] for n in nodes}
    for lease in leases:
        renewed = datetime.datetime.fromisoformat(lease["spec"]["renewTime"])
        age = (datetime.datetime.now(datetime.UTC) - renewed).total_seconds()
        assert age < 40, "kwok does not renew the leases"
