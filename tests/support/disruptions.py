"""Drains and losses of nodes on a real control plane, and who was ready in the meantime."""

import http
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcluster import Cluster
from localcluster.api import Endpoint
from localcluster.nodes import NODES_PATH, SIMULATED_LABEL, is_ready
from settings.names import APPLICATION_NAMESPACE

PODS_PATH = f"/api/v1/namespaces/{APPLICATION_NAMESPACE}/pods"
WAIT_SECONDS = 60.0
_MERGE = "application/merge-patch+json"
_OUT_OF_SERVICE = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}


@dataclass(frozen=True)
class Nodes:
    """The nodes of a cluster, as somebody who maintains or loses them sees them."""

    api: Endpoint

    def drain(self, *names: str) -> int:
        """Cordon and evict, as `kubectl drain` does; returns how often a budget said no."""
        for name in names:
            self._patch(name, {"spec": {"unschedulable": True}})
        refused = 0
        deadline = time.monotonic() + WAIT_SECONDS
        while left := [pod for name in names for pod in self._pods_on(name)]:
            assert time.monotonic() < deadline, f"the drain of {names} is stuck on {left}"
            refused += sum(self._evict(pod) == http.HTTPStatus.TOO_MANY_REQUESTS for pod in left)
            time.sleep(0.3)
        return refused

    def uncordon(self, name: str) -> None:
        """Let pods come again."""
        self._patch(name, {"spec": {"unschedulable": None}})

    def lose(self, names: Iterable[str]) -> None:
        """The machines are gone: no kubelet answers, and the operator or cloud says so.

        Without the label nobody plays the kubelet; with the taint nobody waits five minutes.
        """
        for name in names:
            self._patch(name, {"metadata": {"labels": {SIMULATED_LABEL: None}}})
            conditions = self.api.call("GET", f"{NODES_PATH}/{name}")["status"]["conditions"]
            silent = [each | {"status": "Unknown"} for each in conditions]
            self._patch(f"{name}/status", {"status": {"conditions": silent}})
            self._patch(name, {"spec": {"taints": [_OUT_OF_SERVICE]}})

    def bring_back(self, names: Iterable[str]) -> None:
        """New machines under the old names, and pods may come again."""
        there = list(names)
        for name in there:
            self._patch(name, {"spec": {"taints": None}})
            self._patch(name, {"metadata": {"labels": {SIMULATED_LABEL: "true"}}})
        deadline = time.monotonic() + WAIT_SECONDS
        while not all(self._takes_pods(name) for name in there):
            assert time.monotonic() < deadline, f"{there} do not come back"
            time.sleep(0.1)

    def start_anew(self, *namespaces: str) -> None:
        """Delete every pod at once, so that all are placed as after a fresh deployment."""
        for namespace in namespaces:
            path = f"/api/v1/namespaces/{namespace}/pods"
            self.api.call("DELETE", path, {"gracePeriodSeconds": 0})

    def replace(self, pods: Iterable[str]) -> None:
        """Delete these pods of services; others come, where the scheduler wants them now."""
        for name in pods:
            self.api.call("DELETE", f"{PODS_PATH}/{name}", {"gracePeriodSeconds": 0})

    def _takes_pods(self, name: str) -> bool:
        node = self.api.call("GET", f"{NODES_PATH}/{name}")
        return is_ready(node) and not node["spec"].get("taints")

    def _patch(self, place: str, change: Mapping[str, Any]) -> None:
        self.api.call("PATCH", f"{NODES_PATH}/{place}", change, _MERGE)

    def _pods_on(self, name: str) -> list[str]:
        found = self.api.call("GET", f"{PODS_PATH}?fieldSelector=spec.nodeName%3D{name}")
        return [pod["metadata"]["name"] for pod in found["items"]]

    def _evict(self, pod: str) -> int:
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
        status, text = self.api.request("POST", f"{PODS_PATH}/{pod}/eviction", eviction)
        allowed = {201, http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.NOT_FOUND}
        assert status in allowed, text
        return status


@contextmanager
def watched(
    cluster: Cluster, file: Path, count: int, gone: Iterable[str] = ()
) -> Iterator[dict[str, int]]:
    """The fewest ready pods of each service at any moment of the block, there when it has ended.

    `gone` are nodes whose pods count as dead from the beginning, whatever the API says of them.
    """
    found: dict[str, int] = {}
    options = ("--watch", "--output-watch-events", "--output", "json")
    command = [cluster.kubectl, "--kubeconfig", cluster.kubeconfig, "get", "pods", *options]
    with file.open("w") as out:
        process = subprocess.Popen([*command, "--namespace", APPLICATION_NAMESPACE], stdout=out)
        try:
            _until_listed(file, count)
            yield found
        finally:
            process.terminate()
            process.wait(10)
    found.update(_fewest(file, count, set(gone)))


def _until_listed(file: Path, count: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not any(True for _ in _moments(file, count)):
        assert time.monotonic() < deadline, "the watch does not begin"
        time.sleep(0.1)


def _events(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    text, at = file.read_text(), 0
    decoder = json.JSONDecoder()
    while at < len(text):
        try:
            event, at = decoder.raw_decode(text, at)
        except ValueError:
            return  # the last one is still being written
        at += 1
        yield event["type"], event["object"]


def _moments(file: Path, count: int) -> Iterator[list[dict[str, Any]]]:
    """The pods that stay, after each event from the moment on when all are listed."""
    pods: dict[str, dict[str, Any]] = {}
    begun = False
    for kind, pod in _events(file):
        name = pod["metadata"]["name"]
        pods.pop(name, None)
        if kind != "DELETED" and "deletionTimestamp" not in pod["metadata"]:
            pods[name] = pod
        begun = begun or len(pods) >= count
        if begun:
            yield list(pods.values())


def _fewest(file: Path, count: int, gone: set[str]) -> dict[str, int]:
    fewest: dict[str, int] = {}
    for pods in _moments(file, count):
        ready = Counter(_service(pod) for pod in pods if _is_ready(pod, gone))
        services = fewest or {_service(pod) for pod in pods}
        fewest = {each: min(ready[each], fewest.get(each, count)) for each in services}
    return fewest


def _service(pod: Mapping[str, Any]) -> str:
    return pod["metadata"]["labels"]["app.kubernetes.io/name"]


def _is_ready(pod: Mapping[str, Any], gone: set[str]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True" and pod["spec"].get("nodeName") not in gone
