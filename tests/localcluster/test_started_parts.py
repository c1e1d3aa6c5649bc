"""When a part that was started counts as dead: not at the first look, which may come too early."""

from types import SimpleNamespace

import pytest

from localcluster import LocalClusterError, processes
from localcluster.startup import Startup


@pytest.fixture
def startup(tmp_path):
    return Startup("one", tmp_path, {}, lambda *_: None)


def looks(monkeypatch, *found):
    """What each look at the machine finds; the last one from then on."""
    left = list(found)

    def running(_directory):
        parts = left.pop(0) if len(left) > 1 else left[0]
        return [SimpleNamespace(part=part) for part in parts]

    monkeypatch.setattr(processes, "running", running)


def test_a_part_that_is_seen_a_moment_later_is_not_dead(startup, monkeypatch):
    looks(monkeypatch, ["etcd"], ["etcd"], ["etcd", "kwok"])
    startup._refuse_dead(["etcd", "kwok"])


def test_a_part_that_stays_away_is_named_with_its_log(startup, monkeypatch):
    looks(monkeypatch, ["etcd"])
    with pytest.raises(LocalClusterError, match=r"kwok ended before it was ready.*kwok\.log"):
        startup._refuse_dead(["etcd", "kwok"])
