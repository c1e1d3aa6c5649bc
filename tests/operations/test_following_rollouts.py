"""A Rollout followed to its end, for the engine (decision 4; 0046)."""

from pathlib import Path

import pytest

from operations import cluster, following
from tests.support.rollouts import SERVICE, rollout

AT_5 = {"phase": "Progressing", "currentStepIndex": 1, "currentPodHash": "b", "stableRS": "a"}
ENDS = {
    "healthy": ({"phase": "Healthy", "currentPodHash": "b", "stableRS": "b"}, ""),
    "waits for a person": (
        {"phase": "Paused", "pauseConditions": [{"reason": "BlueGreenPause"}]}, ""),
    "aborted": ({"phase": "Degraded", "abort": True, "message": "RolloutAborted: metric x"},
                "Rollout auth-service: RolloutAborted: metric x"),
}  # fmt: skip


class Api:
    """A cluster whose Rollout is at 5 % at first, and then as it is said."""

    def __init__(self, *states):
        self.states = list(states)

    def list(self, _, kind, __="", ___=""):
        if kind != "Rollout":
            return []
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return [rollout("v2", **state)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.0)


@pytest.mark.parametrize(("end", "reason"), ENDS.values(), ids=ENDS)
def test_it_ends_with_the_controller_s_word_and_tells_each_change_once(monkeypatch, end, reason):
    monkeypatch.setattr(cluster, "Cluster", lambda *_: Api(AT_5, AT_5, end))
    told = []
    try:
        following.rollout("path", None, "manpasik", SERVICE, told.append)
        failed = ""
    except following.UnsettledError as error:
        failed = str(error)
    assert failed == reason
    assert len(told) == 2, "the two looks at 5 % are one line"
    assert told[0].startswith(f"Rollout {SERVICE}: step 2 of 4")


def test_a_kubeconfig_that_is_given_whole_is_on_disk_for_a_moment_only(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []
    monkeypatch.setattr(cluster, "Cluster", lambda path, _: seen.append(Path(path).read_text()))
    following._cluster("apiVersion: v1\nkind: Config\n", None)
    assert seen == ["apiVersion: v1\nkind: Config\n"]
    assert list(tmp_path.iterdir()) == []
