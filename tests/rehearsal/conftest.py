"""One Prometheus for all questions, asked once each of them can have an answer."""

import time

import pytest

from rehearsal import live, questions
from tests.support.later import production

SECONDS = 60
# They hold when something is absent or broken, which it is not here; what they read must be there.
HOLD_ONLY_IN_TROUBLE = {"alert MetricsMissing", "alert RulesFailing"}


@pytest.fixture(scope="session")
def asked(tmp_path_factory):
    """Prometheus, and the questions that had no answer at any time: a release passes by."""
    settings = production(phase=3)
    open_ones = [q for q in questions.of(settings) if q.asker not in HOLD_ONLY_IN_TROUBLE]
    with live.watched(settings, tmp_path_factory.mktemp("prometheus")) as found:
        deadline = time.monotonic() + SECONDS
        while open_ones and time.monotonic() < deadline:
            time.sleep(0.5)
            open_ones = [each for each in open_ones if not found.ask(each.expr)]
        time.sleep(1)
        yield found, open_ones


@pytest.fixture(scope="session")
def prometheus(asked):
    return asked[0]
