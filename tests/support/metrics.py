"""The metrics API (metrics.k8s.io) with the figures that a test sets, for the real HPA controller.

A small TLS server on loopback behind an APIService: its Service is an ExternalName, which the API
server dials as it is. A service's load is shared by its ready pods, as a load balancer would.
"""

import datetime
import json
import ssl
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from localcluster import certificates
from operations.cluster import Cluster

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
_PREFIX = f"/apis/{GROUP}/{VERSION}"
_NAME = "test-metrics"
_IDLE = {"cpu": 100, "memory": 64}
"""Thousandths of a core and MiB that a service without a load takes, all its pods together."""

Load = dict[str, dict[str, int]]


@contextmanager
def served(cluster: Cluster, folder: Path) -> Iterator[Load]:
    """Serve until the block ends: what each service uses, by its name; change it at any time."""
    load: Load = {}
    certificates.issue(folder / "pki", _NAME, datetime.datetime.now(datetime.UTC))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cluster, load))
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pki" / "apiserver.crt", folder / "pki" / "apiserver.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        for content in _objects(server.server_port):
            cluster.apply(content, force=True)
        yield load
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _objects(port: int) -> list[dict[str, Any]]:
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": _NAME, "namespace": "default"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": f"{VERSION}.{GROUP}"},
            "spec": {
                "group": GROUP,
                "version": VERSION,
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": True,
                "service": {"name": _NAME, "namespace": "default", "port": port},
            },
        },
    ]


def _handler(cluster: Cluster, load: Load) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            if url.path == _PREFIX:
                self._answer(_RESOURCES)
                return
            # <prefix>/namespaces/<namespace>/pods?labelSelector=…
            namespace = url.path.removeprefix(_PREFIX).split("/")[2]
            selector = urllib.parse.parse_qs(url.query)["labelSelector"][0]
            pods = cluster.list("v1", "Pod", namespace, selector)
            self._answer(_metrics([pod for pod in pods if _is_ready(pod)], load))

        def _answer(self, content: Mapping[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the test's output is for the test."""

    return Handler


_RESOURCES = {
    "kind": "APIResourceList",
    "apiVersion": "v1",
    "groupVersion": f"{GROUP}/{VERSION}",
    "resources": [
        {
            "name": "pods",
            "singularName": "",
            "namespaced": True,
            "kind": "PodMetrics",
            "verbs": ["get", "list"],
        }
    ],
}


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _metrics(pods: list[dict[str, Any]], load: Load) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    items = [
        {
            "metadata": {
                "name": pod["metadata"]["name"],
                "namespace": pod["metadata"]["namespace"],
            },
            "timestamp": now,
            "window": "0s",
            "containers": [
                {"name": container["name"], "usage": _usage(pod, len(pods), load)}
                for container in pod["spec"]["containers"]
            ],
        }
        for pod in pods
    ]
    return {"kind": "PodMetricsList", "apiVersion": f"{GROUP}/{VERSION}", "items": items}


def _usage(pod: Mapping[str, Any], shared_by: int, load: Load) -> dict[str, str]:
    of = _IDLE | load.get(pod["metadata"]["labels"]["app.kubernetes.io/name"], {})
    return {"cpu": f"{of['cpu'] // shared_by}m", "memory": f"{of['memory'] // shared_by}Mi"}
