"""What a cluster needs where releases are tried: the Rollouts controller, and Prometheus.

The controller is the real one, with the rights that its project ships and not one more; the kinds
that it steers are the mesh's own. Its analyses ask the Prometheus beside it, which reads every
target that a file in `prometheus/targets/` names (file-based discovery: no restart). Both are parts
of the cluster: `status` shows them, `up` repairs them, `down` and the cluster's end take them away.
"""

import http.client
from pathlib import Path
from typing import Any

import yaml

from localcluster import crds, record
from localcluster.certificates import KUBERNETES_SUBJECTS
from localcluster.commands import RELEASE_PARTS, ROLLOUTS_NAMESPACE
from localcluster.control_plane import Cluster, up
from localcluster.errors import LocalClusterError
from localcluster.files import make_private_directory, write_private
from localcluster.programs import Report, quiet

PROJECT = "argo-rollouts"
_ISTIO = "networking.istio.io/v1"
STEERED = (
    {"apiVersion": _ISTIO, "kind": "VirtualService"},
    {"apiVersion": _ISTIO, "kind": "DestinationRule"},
)
"""Kinds of the mesh that the controller writes; each one served costs the API server a second."""
SCRAPE_SECONDS = 5
RELOAD_SECONDS = 10
_ROLE = "manifests/role/argo-rollouts-clusterrole.yaml"
_RBAC = "rbac.authorization.k8s.io"
_NAME = "argo-rollouts"
_USER = next(subject.user for subject in KUBERNETES_SUBJECTS if subject.file == "rollouts")


def add(
    cluster: Cluster, report: Report = quiet, *, scrape_seconds: int = SCRAPE_SECONDS
) -> Cluster:
    """Have the cluster run both from now on; one that does already stays as it is."""
    directory = record.directory_of(cluster.name)
    _configure_prometheus(directory, f"{scrape_seconds}s")
    definitions = [*crds.crds(PROJECT, report=report), *crds.needed(STEERED, report)]
    crds.install(cluster, definitions, report)
    api = record.endpoint(directory, record.load(directory))
    api.apply(f"/api/v1/namespaces/{ROLLOUTS_NAMESPACE}", _namespace())
    api.apply(f"/apis/{_RBAC}/v1/clusterroles/{_NAME}", _role())
    api.apply(f"/apis/{_RBAC}/v1/clusterrolebindings/{_NAME}", _binding())
    return up(cluster.name, extras=RELEASE_PARTS, report=report)


def prometheus_url(cluster: str) -> str:
    """Where the cluster's Prometheus answers."""
    return f"http://127.0.0.1:{record.load(record.directory_of(cluster)).ports['prometheus']}"


def targets_folder(cluster: str) -> Path:
    """Where a JSON file of targets makes Prometheus read them."""
    return record.directory_of(cluster) / "prometheus" / "targets"


def rules_folder(cluster: str) -> Path:
    """Where a YAML file of rules is read by Prometheus after `reload_prometheus`."""
    return record.directory_of(cluster) / "prometheus" / "rules"


def reload_prometheus(cluster: str) -> None:
    """Have Prometheus read its rules anew; refused rules are an error with its own words."""
    address = prometheus_url(cluster).removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=RELOAD_SECONDS)
    try:
        connection.request("POST", "/-/reload")
        answer = connection.getresponse()
        text = answer.read().decode()
    except OSError as error:
        message = f"The local Prometheus does not answer ({error}); run `mpk local up --rollouts`."
        raise LocalClusterError(message) from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise LocalClusterError(f"The local Prometheus refused its rules: {text.strip()}")


def _configure_prometheus(directory: Path, every: str) -> None:
    folder = directory / "prometheus"
    for private in (folder, folder / "targets", folder / "rules"):
        make_private_directory(private)
    found = {"files": [str(folder / "targets" / "*.json")], "refresh_interval": "5s"}
    config = {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(folder / "rules" / "*.yaml")],
        "scrape_configs": [
            {
                "job_name": "local",
                # The exporters here speak for pods and name them themselves.
                "honor_labels": True,
                "file_sd_configs": [found],
            }
        ],
    }
    write_private(folder / "prometheus.yml", yaml.safe_dump(config, sort_keys=False))


def _namespace() -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ROLLOUTS_NAMESPACE}}


def _role() -> dict[str, Any]:
    """The project's own role, out of its module."""
    return yaml.safe_load((crds.fetched(PROJECT) / _ROLE).read_text(encoding="utf-8"))


def _binding() -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": _NAME},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": _NAME},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": _USER}],
    }
