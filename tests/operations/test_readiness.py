"""What the status of an object says about it, as its controller writes it."""

import pytest

from operations.readiness import assess, pod_trouble


def deployment(*, wanted=1, generation=2, observed=2, reason="", **status):
    conditions = [{"type": "Progressing", "status": "False", "reason": reason, "message": "late"}]
    return {
        "kind": "Deployment",
        "metadata": {"generation": generation},
        "spec": {"replicas": wanted},
        "status": {"observedGeneration": observed, "conditions": conditions, **status},
    }


DONE = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
DEPLOYMENTS = [
    ("all pods new and available", deployment(**DONE), "ready"),
    ("its controller has not seen the change", deployment(observed=1, **DONE), "progressing"),
    ("no new pod yet", deployment(replicas=1, availableReplicas=1), "progressing"),
    ("an old pod still runs", deployment(**DONE | {"replicas": 2}), "progressing"),
    ("the new pod is not available", deployment(replicas=1, updatedReplicas=1), "progressing"),
    ("the deadline passed", deployment(reason="ProgressDeadlineExceeded"), "failed"),
    ("mended after it", deployment(reason="ProgressDeadlineExceeded", **DONE), "ready"),
    ("scaled to none", deployment(wanted=0), "ready"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "content", "phase"), DEPLOYMENTS, ids=[d[0] for d in DEPLOYMENTS])
def test_a_deployment_is_ready_when_every_pod_is_new_and_available(case, content, phase):
    assert assess(content).phase == phase, case


def job(**conditions):
    listed = [{"type": name, "status": status} for name, status in conditions.items()]
    return {
        "kind": "Job",
        "metadata": {},
        "spec": {},
        "status": {"conditions": listed, "failed": 2},
    }


def test_a_job_is_ready_when_complete_and_failed_when_its_controller_says_so():
    assert assess(job(Complete="True")).phase == "ready"
    assert assess(job(Failed="True")).phase == "failed"
    assert assess(job()).phase == "progressing"
    assert "2 attempts failed" in assess(job()).message


def stateful_set(ready, current="a", update="a"):
    status = {
        "observedGeneration": 1, "readyReplicas": ready,
        "currentRevision": current, "updateRevision": update,
    }  # fmt: skip
    return {
        "kind": "StatefulSet",
        "metadata": {"generation": 1},
        "spec": {"replicas": 1},
        "status": status,
    }


def test_a_stateful_set_is_ready_when_its_pods_are_and_none_is_old():
    assert assess(stateful_set(1)).phase == "ready"
    assert assess(stateful_set(0)).phase == "progressing"
    assert assess(stateful_set(1, current="a", update="b")).phase == "progressing"


def test_what_has_no_progress_is_ready_once_it_exists():
    assert assess({"kind": "ConfigMap", "metadata": {}}).phase == "ready"


def pod(reason=None, *, init=False, scheduled=True):
    waiting = [{"name": "c", "state": {"waiting": {"reason": reason, "message": "why"}}}]
    statuses = {
        ("initContainerStatuses" if init else "containerStatuses"): waiting if reason else []
    }
    condition = {"type": "PodScheduled", "status": str(scheduled), "message": "0/1 nodes"}
    return {"status": {**statuses, "conditions": [condition]}}


@pytest.mark.parametrize("init", [True, False])
@pytest.mark.parametrize(
    "reason", ["ImagePullBackOff", "CrashLoopBackOff", "CreateContainerConfigError"]
)
def test_a_hopeless_reason_is_a_failure_with_container_reason_and_message(reason, init):
    trouble = pod_trouble([pod(), pod(reason, init=init)])
    assert (trouble.phase, trouble.message) == ("failed", f"container c: {reason} (why)")


def test_a_pod_that_finds_no_node_waits_and_says_why():
    trouble = pod_trouble([pod(scheduled=False)])
    assert (trouble.phase, trouble.message) == ("progressing", "not scheduled: 0/1 nodes")


def test_pods_that_start_are_no_trouble():
    assert pod_trouble([pod("ContainerCreating"), pod("PodInitializing")]) is None
