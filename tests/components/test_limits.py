"""The mesh's gateway refuses an address that asks too often, and no other: by the real Envoy."""

import contextlib
import http.client
import json
import sys
from pathlib import Path

from components.mesh.limits import http_filter
from tests.support.servers import free_port, running

MANAGER = "type.googleapis.com/envoy.extensions.filters"
FEW = 3


def listener(port):
    answered = {"match": {"prefix": "/"}, "direct_response": {"status": 200}}
    router = {"name": "envoy.filters.http.router",
              "typed_config": {"@type": f"{MANAGER}.http.router.v3.Router"}}  # fmt: skip
    manager = {"@type": f"{MANAGER}.network.http_connection_manager.v3.HttpConnectionManager",
               "stat_prefix": "x", "use_remote_address": True,
               "route_config": {"virtual_hosts": [{"name": "x", "domains": ["*"],
                                                   "routes": [answered]}]},
               "http_filters": [http_filter(FEW), router]}  # fmt: skip
    chain = {"filters": [{"name": "x", "typed_config": manager}]}
    at = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {"static_resources": {"listeners": [{"address": at, "filter_chains": [chain]}]}}


def status(port, source):
    connection = http.client.HTTPConnection("127.0.0.1", port, 5, source_address=(source, 0))
    with contextlib.closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().status


def test_an_address_that_asks_too_often_is_refused_and_another_is_not(tmp_path):
    port = free_port()
    (tmp_path / "envoy.json").write_text(json.dumps(listener(port)))
    command = [Path(sys.executable).with_name("envoy"), "-c", tmp_path / "envoy.json",
               "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"]  # fmt: skip
    with running(command, port):
        first = [status(port, "127.0.0.2") for _ in range(FEW + 2)]
        assert first == [200] * FEW + [429, 429]
        assert status(port, "127.0.0.3") == 200
