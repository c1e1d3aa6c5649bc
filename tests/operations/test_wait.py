"""A reason that may pass must persist before it fails; a failure carries the last events."""

import pytest

from operations import wait
from operations.wait import Progress, look


class FakeCluster:
    """A cluster of one Deployment and one pod."""

    def __init__(self, reason, condition=""):
        self.reason = reason
        self.condition = condition

    def list(self, _api_version, kind, _namespace):
        return {"Deployment": self._deployment, "Pod": self._pod, "Event": self._event}[kind]()

    def _deployment(self):
        conditions = [{"type": "Progressing", "reason": self.condition, "message": "late"}]
        metadata = {"name": "shop", "generation": 1}
        spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}}
        status = {
            "observedGeneration": 1,
            "replicas": 1,
            "updatedReplicas": 1,
            "conditions": conditions,
        }
        return [{"kind": "Deployment", "metadata": metadata, "spec": spec, "status": status}]

    def _pod(self):
        state = {"waiting": {"reason": self.reason}} if self.reason else {}
        statuses = [{"name": "shop", "state": state}]
        metadata = {"name": "shop-1", "labels": {"a": "b"}}
        return [{"metadata": metadata, "status": {"containerStatuses": statuses}}]

    def _event(self):
        mine = {
            "involvedObject": {"name": "shop-1"},
            "type": "Warning",
            "reason": "Failed",
            "message": "404",
        }
        return [mine, {"involvedObject": {"name": "other"}, "reason": "Foreign"}]


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(wait.time, "monotonic", lambda: now[0])

    def advance(seconds):
        now[0] += seconds

    return advance


def shop():
    return Progress(
        urn="u", api_version="apps/v1", kind="Deployment", namespace="n", name="shop", started=100.0
    )


@pytest.mark.parametrize(
    "cluster", [FakeCluster("ImagePullBackOff"), FakeCluster("", "ProgressDeadlineExceeded")]
)
def test_a_reason_counts_as_failure_only_after_it_has_persisted(cluster, clock):
    progress = shop()
    look(cluster, [progress])
    assert not progress.settled
    clock(wait.PATIENCE_SECONDS + 1)
    look(cluster, [progress])
    assert progress.state.phase == "failed"
    assert progress.events == ["Warning Failed: 404"], "its own events, and no others"


def test_a_reason_that_passes_is_forgotten(clock):
    progress, cluster = shop(), FakeCluster("ImagePullBackOff")
    look(cluster, [progress])
    clock(10)
    cluster.reason = ""
    look(cluster, [progress])
    cluster.reason = "ImagePullBackOff"
    clock(10)
    look(cluster, [progress])
    assert not progress.settled, "the clock starts anew"


def test_what_disappears_while_it_is_waited_for_is_a_failure():
    progress, cluster = shop(), FakeCluster("")
    cluster._deployment = list
    look(cluster, [progress])
    assert progress.state.phase == "failed"
    assert "deleted" in progress.state.message
