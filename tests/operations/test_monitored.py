"""What a release asks of monitoring and tells it (issue 9: budgets at the gate, silences)."""

import http.server
import json
import threading
import urllib.parse

import pytest

from localcluster import ports
from operations import preflight
from operations.monitored import Monitoring
from settings import load
from tests.support.later import production

SETTINGS = production(phase=2)


class StandIn:
    """Prometheus and Alertmanager at one address: budgets as told, silences as begun and ended."""

    def __init__(self):
        self.budgets, self.begun, self.ended = {}, [], []
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, body):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)["query"][0]
                found = [
                    {"metric": {"service": s, "objective": "availability"}, "value": [0, str(left)]}
                    for s, left in stand_in.budgets.items()
                    if s in query
                ]
                self.answer({"data": {"result": found}})

            def do_POST(self):
                size = int(self.headers["Content-Length"])
                stand_in.begun.append(json.loads(self.rfile.read(size)))
                self.answer({"silenceID": "s-1"})

            def do_DELETE(self):
                stand_in.ended.append(self.path.rpartition("/")[2])
                self.answer({})

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def there():
    made = StandIn()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(5)


def nowhere():
    """Where nobody answers."""
    return f"http://127.0.0.1:{ports.pick()}"


def monitored(told=None, **own):
    tell = [].append if told is None else told.append
    wanted = {"settings": SETTINGS, "services": ["gateway"], "minutes": 45, "tell": tell}
    return Monitoring(by="kim", why="release of v1.2.0", **wanted | own)


def test_a_service_whose_budget_is_spent_is_refused_with_the_ways_out(there):
    there.budgets = {"gateway": -0.2}
    (check,) = monitored(prometheus=there.url).checks()
    (told,) = preflight.told([check])
    assert "gateway availability (-20%)" in told
    assert "--despite-budget REASON" in told
    assert "--service" in told


def test_a_spent_budget_gives_way_to_a_reason_that_is_recorded(there):
    there.budgets = {"gateway": 0.0}
    (check,) = monitored(prometheus=there.url, despite_budget="mends INC-7").checks()
    assert check.verdict == "noted"
    assert "mends INC-7" in check.detail


def test_the_budget_of_a_service_that_is_not_released_stops_nothing(there):
    there.budgets = {"gateway": 0.4, "shop-service": -1.0}
    (check,) = monitored(prometheus=there.url).checks()
    assert (check.verdict, check.detail[:12]) == ("passed", "at least 40%")


@pytest.mark.parametrize("given", [False, True])
def test_metrics_that_cannot_be_asked_are_noted_and_stop_nothing(given):
    where = nowhere() if given else ""
    (check,) = monitored(prometheus=where).checks()
    assert check.verdict == "noted"
    assert "MANPASIK_PROMETHEUS" in check.detail or "does not say" in check.detail


def test_a_release_is_silenced_while_it_lasts_and_no_longer(there):
    told = []
    release = monitored(told, alertmanager=there.url)
    release.quiet()
    (made,) = there.begun
    assert {m["name"]: m["value"] for m in made["matchers"]}["service"] == "gateway"
    assert made["comment"] == "release of v1.2.0"
    release.loud()
    release.loud()
    assert (there.ended, told) == (["s-1"], [])


@pytest.mark.parametrize("given", [False, True])
def test_an_alertmanager_that_is_not_there_is_a_warning(given):
    where = nowhere() if given else ""
    told = []
    release = monitored(told, alertmanager=where)
    release.quiet()
    release.loud()
    assert len(told) == 1
    assert told[0].startswith("no alert is silenced")


def test_a_stack_that_is_not_monitored_asks_and_tells_nothing():
    told = []
    release = monitored(told, settings=load("dev"))
    release.quiet()
    assert (release.checks(), told) == ((), [])
