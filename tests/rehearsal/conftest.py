"""One Prometheus for all questions: it must have recorded for some seconds first."""

import time

import pytest

from rehearsal import live
from tests.support.later import production

SECONDS = 14


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory):
    with live.watched(production(phase=3), tmp_path_factory.mktemp("prometheus")) as found:
        time.sleep(SECONDS)
        yield found
