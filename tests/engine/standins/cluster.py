"""The API server of a stand-in cluster: what the program's hook asks of Rollouts (0046), by HTTPS.

One server answers for the clusters of a world, each under its stack's name. It shows what the
Kubernetes stand-in was given, with the status that the Rollouts controller would write. Whoever
comes without the token that the cloud's command tells is let in nowhere, as on EKS and GKE.
"""

import base64
import contextlib
import datetime
import json
import ssl
import tempfile
import threading
from collections.abc import Generator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from localcluster import certificates
from tests.engine.standins.world import World

TOKEN = "a-token-of-the-stand-in"  # noqa: S105 - of a server on loopback
COMMANDS = ("aws", "gke-gcloud-auth-plugin")
"""What a kubeconfig of a cloud calls for a token (decision 0027)."""
PLANES = {"aws:eks/cluster:Cluster", "gcp:container/cluster:Cluster"}
_ROLLOUTS = "argoproj.io"
_REVIEWS = "authentication.k8s.io"
_KINDS = {"rollouts": "Rollout", "analysisruns": "AnalysisRun", "pods": "Pod", "events": "Event",
          "selfsubjectreviews": "SelfSubjectReview"}  # fmt: skip
_SERVED = {"v1": ("pods", "events"), f"{_ROLLOUTS}/v1alpha1": ("rollouts", "analysisruns"),
           f"{_REVIEWS}/v1": ("selfsubjectreviews",)}  # fmt: skip


@dataclass(frozen=True)
class Clusters:
    """Where the clusters of a world answer, and who vouches for them."""

    address: str
    authority: str

    def plane(self, kind: str, stack: str) -> dict[str, Any]:
        """What a cloud tells of the control plane that it made."""
        if kind.startswith("aws:"):
            endpoint = f"https://{self.address}/{stack}"
            return {"endpoint": endpoint, "certificateAuthority": {"data": self.authority}}
        authority = {"clusterCaCertificate": self.authority}
        return {"endpoint": f"{self.address}/{stack}", "masterAuth": authority}


@contextlib.contextmanager
def answering(world: World) -> Generator[Clusters]:
    """The API servers of a world's clusters, as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        certificates.issue(keys, "stand-in", datetime.datetime.now(datetime.UTC))
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(world))
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(keys / "apiserver.crt", keys / "apiserver.key")
        server.socket = secure.wrap_socket(server.socket, server_side=True)
        authority = base64.b64encode((keys / "ca.crt").read_bytes()).decode()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Clusters(f"127.0.0.1:{server.server_address[1]}", authority)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def commands(folder: Path) -> Path:
    """A folder for PATH in which the clouds' commands tell the stand-in's token."""
    told = {"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
            "status": {"token": TOKEN}}  # fmt: skip
    folder.mkdir()
    for name in COMMANDS:
        file = folder / name
        file.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
        file.chmod(0o755)
    return folder


def _handler(world: World) -> type[BaseHTTPRequestHandler]:
    class _Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            stack, _, path = self.path.partition("?")[0].strip("/").partition("/")
            self._answer(_answer(world, stack, path.split("/")))

        def do_POST(self):
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(review | {"status": {"userInfo": {"username": "stand-in"}}})

        def _answer(self, content):
            known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            status = 401 if not known else 404 if content is None else 200
            body = json.dumps(content if status == 200 else {"message": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    return _Answers


def _answer(world: World, stack: str, path: list[str]) -> dict[str, Any] | None:
    """What is at a path: the version, the groups, a group's kinds, or a list of objects."""
    match path:
        case ["version"]:
            return {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
        case ["apis"]:
            return {"kind": "APIGroupList", "groups": [_group(each) for each in _SERVED]}
        case ["api", version] if version in _SERVED:
            return _resources(version)
        case ["apis", group, version] if f"{group}/{version}" in _SERVED:
            return _resources(f"{group}/{version}")
        case [*_, "namespaces", namespace, plural] if plural in _KINDS:
            world.followed[stack] += plural == "rollouts"
            return {"items": _items(world, stack, namespace, _KINDS[plural])}
        case _:
            return None


def _group(served: str) -> dict[str, Any]:
    name, _, version = served.rpartition("/")
    known = {"groupVersion": served, "version": version}
    return {"name": name, "versions": [known], "preferredVersion": known}


def _resources(served: str) -> dict[str, Any]:
    kinds = [{"name": plural, "kind": _KINDS[plural], "namespaced": plural != "selfsubjectreviews",
              "verbs": ["list", "create"]} for plural in _SERVED[served]]  # fmt: skip
    return {"kind": "APIResourceList", "groupVersion": served, "resources": kinds}


def _items(world: World, stack: str, namespace: str, kind: str) -> list[dict[str, Any]]:
    place = f"urn:pulumi:{stack}/{kind}/{namespace}/"
    held = {name.removeprefix(place): value for name, value in world.of(kind).items()
            if name.startswith(place)}  # fmt: skip
    return [_as_held(value, name, world.says.get(name)) for name, value in held.items()]


def _as_held(given: dict[str, Any], name: str, said: dict[str, Any] | None) -> dict[str, Any]:
    """An object as its controller keeps it; healthy where the test says nothing else."""
    metadata = {**given["metadata"], "generation": 1, "uid": name}
    healthy = {"phase": "Healthy", "availableReplicas": given.get("spec", {}).get("replicas", 1)}
    return {**given, "metadata": metadata,
            "status": {"observedGeneration": "1", **(said or healthy)}}  # fmt: skip
