"""One Prometheus for all questions, asked once each of them can have an answer."""

import contextlib
import time

import pytest

from rehearsal import live, questions
from tests.support.later import production

SECONDS = 180  # of a busy machine; most questions have their answer after some
# They hold when something is absent or broken, which it is not here; what they read must be there.
HOLD_ONLY_IN_TROUBLE = {"alert MetricsMissing", "alert RulesFailing"}


@contextlib.contextmanager
def asking(settings, folder, hold_in_trouble):
    """Prometheus, and the questions that had no answer at any time: a release passes by."""
    open_ones = [q for q in questions.of(settings) if q.asker not in hold_in_trouble]
    with live.watched(settings, folder) as found:
        deadline = time.monotonic() + SECONDS
        while open_ones and time.monotonic() < deadline:
            time.sleep(0.5)
            open_ones = [each for each in open_ones if not found.ask(each.expr)]
        time.sleep(1)
        yield found, open_ones


@pytest.fixture(scope="session")
def asked(tmp_path_factory):
    """The questions of a stack with a mesh and canaries."""
    folder = tmp_path_factory.mktemp("prometheus")
    with asking(production(phase=3), folder, HOLD_ONLY_IN_TROUBLE) as found:
        yield found


@pytest.fixture(scope="session")
def asked_at_the_door(tmp_path_factory):
    """Those of a stack of phase 2, where the gateway alone is counted, and is asked here."""
    folder = tmp_path_factory.mktemp("prometheus")
    held = HOLD_ONLY_IN_TROUBLE | {"alert ServiceSilent"}
    with asking(production(phase=2), folder, held) as found:
        yield found


@pytest.fixture(scope="session")
def prometheus(asked):
    return asked[0]
