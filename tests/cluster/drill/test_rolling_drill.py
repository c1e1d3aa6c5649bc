"""A rolling update and its undo under load: what callers see of it (R-P2-ROLL)."""

import pytest

from cli.embedded import nodes_of
from drill import rolling, sessions
from drill.product import FIRST, Tempo
from localcluster import processes, record

pytestmark = pytest.mark.cluster
PLAN = sessions.Plan(
    strategy="rolling", seconds=240, rate=50, tempo=Tempo(min_ready_seconds=1), name="drill-test"
)


@pytest.fixture(scope="module")
def runs(cluster_state):
    assert cluster_state
    with sessions.opened(PLAN, nodes_of) as drill:
        new = next(drill.versions)
        forth, back = rolling.roll(drill, FIRST, new), rolling.roll(drill, new, FIRST)
    assert processes.running(record.directory_of(PLAN.name)) == [], "a process outlived the drill"
    return forth, back


def test_no_request_fails_while_all_pods_are_replaced_and_put_back(runs):
    assert all(run.answers > 100 for run in runs)
    assert [run.failed for run in runs] == [0, 0]


def test_there_are_never_fewer_ready_pods_than_replicas(runs):
    assert [(run.replicas, run.least_ready >= run.replicas) for run in runs] == [(3, True)] * 2


def test_the_old_version_answers_nobody_once_the_new_one_is_rolled_out(runs):
    assert all(0 < run.last_old_seconds <= run.seconds + 1 for run in runs)


def test_the_evidence_says_which_promise_was_kept(runs):
    found = rolling.judged(runs, PLAN.rate)
    assert found.kept, found.promises
    assert found.figures["failed"] == 0
