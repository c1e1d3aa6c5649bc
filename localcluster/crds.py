"""CustomResourceDefinitions from pinned Go modules, for the kinds that the product's objects need.

`tools/crds/go.mod` pins each project at the release whose controllers the product runs with; Go
fetches a module and proves it against `go.sum`, and nothing of it is built. So the API server here
judges a Certificate or a VirtualService by the same schema as a real cluster. No controller runs:
such an object is stored, and nothing acts on it.
"""

import json
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import yaml

from localcluster import record, toolchain
from localcluster.api import Endpoint
from localcluster.control_plane import Cluster
from localcluster.errors import LocalClusterError
from localcluster.programs import NETWORK_SIGNS, TOOLS, Report, quiet

ESTABLISHED_SECONDS = 60.0
FETCH_SECONDS = 600
POLL_SECONDS = 0.1
SOURCES: Mapping[str, tuple[str, str]] = {
    "argo-cd": ("github.com/argoproj/argo-cd/v3", "manifests/crds/*-crd.yaml"),
    "argo-rollouts": ("github.com/argoproj/argo-rollouts", "manifests/crds/*-crd.yaml"),
    "cert-manager": ("github.com/cert-manager/cert-manager", "deploy/crds/*.yaml"),
    "istio": ("istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"),
    "prometheus-operator": (
        "github.com/prometheus-operator/prometheus-operator",
        "example/prometheus-operator-crd/*.yaml",
    ),
    "sealed-secrets": ("github.com/bitnami/sealed-secrets", "helm/sealed-secrets/crds/*.yaml"),
}
"""By project: its Go module, and the files of the definitions in it."""
_SERVED_BY = {
    "argoproj.io": ("argo-cd", "argo-rollouts"),
    "bitnami.com": ("sealed-secrets",),
    "cert-manager.io": ("cert-manager",),
    "istio.io": ("istio",),
    "monitoring.coreos.com": ("prometheus-operator",),
}
"""Which projects define the kinds of an API group, or of the groups below it."""
_KIND = "CustomResourceDefinition"
_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

Definition = Mapping[str, Any]


def projects_for(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """The projects whose definitions these objects need."""
    groups = {str(each["apiVersion"]).rpartition("/")[0] for each in objects}
    return sorted(
        {
            project
            for group in groups
            for domain, projects in _SERVED_BY.items()
            if group == domain or group.endswith(f".{domain}")
            for project in projects
        }
    )


def crds(*projects: str, report: Report = quiet) -> list[Definition]:
    """The definitions of these projects, all where none is named; fetched on first use."""
    if unknown := sorted(set(projects) - SOURCES.keys()):
        message = f"Unknown projects {', '.join(unknown)}. Known: {', '.join(SOURCES)}."
        raise LocalClusterError(message)
    found: list[Definition] = []
    for project in sorted(set(projects or SOURCES)):
        module, pattern = SOURCES[project]
        report(0, 0, f"fetching the definitions of {project}")
        files = sorted(fetched(project).glob(pattern))
        definitions = [each for file in files for each in _definitions(file)]
        if not definitions:
            message = f"{module} holds no definition under {pattern}; see tools/crds/go.mod."
            raise LocalClusterError(message)
        found += definitions
    return found


def needed(objects: Iterable[Mapping[str, Any]], report: Report = quiet) -> list[Definition]:
    """The definitions of the kinds that these objects are of, and no others.

    Some projects define a dozen kinds, megabytes of schema each, of which we use three.
    """
    held = list(objects)
    kinds = {(str(each["apiVersion"]).rpartition("/")[0], each["kind"]) for each in held}
    projects = projects_for(held)
    found = crds(*projects, report=report) if projects else []
    return [each for each in found if (each["spec"]["group"], _kind(each)) in kinds]


def _kind(definition: Definition) -> str:
    return str(definition["spec"]["names"]["kind"])


class _Loader(yaml.CSafeLoader):
    """Reads `=` and dates as the text that they are to every other reader."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if not tag.endswith((":value", ":timestamp"))]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def install(cluster: Cluster, definitions: Sequence[Definition], report: Report = quiet) -> None:
    """Have the cluster serve these kinds; definitions that are there are brought up to date."""
    directory = record.directory_of(cluster.name)
    api = record.endpoint(directory, record.load(directory))
    names = [str(each["metadata"]["name"]) for each in definitions]
    report(0, 0, f"installing {len(names)} definitions")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_apply, [api] * len(definitions), definitions))
    deadline = time.monotonic() + ESTABLISHED_SECONDS
    while names := [name for name in names if not _established(api, name)]:
        if time.monotonic() > deadline:
            waited = f"{ESTABLISHED_SECONDS:g} s"
            message = f"The cluster does not serve {', '.join(names)} after {waited}."
            raise LocalClusterError(message)
        time.sleep(POLL_SECONDS)


def _apply(api: Endpoint, definition: Definition) -> None:
    # The project's own status and timestamps are not ours to claim.
    wanted = {name: value for name, value in definition.items() if name != "status"}
    api.apply(f"{_PATH}/{definition['metadata']['name']}", wanted)


def _established(api: Endpoint, name: str) -> bool:
    status: dict[str, Any] = api.call("GET", f"{_PATH}/{name}").get("status") or {}
    conditions: list[dict[str, str]] = status.get("conditions") or []
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def _definitions(file: Path) -> list[Definition]:
    with file.open(encoding="utf-8") as text:
        documents: list[Any] = list(yaml.load_all(text, Loader=_Loader))
    return [cast("Definition", each) for each in documents if each and each["kind"] == _KIND]


def fetched(project: str) -> Path:
    """The folder of its module in Go's own cache; fetched and proved where it is not there yet."""
    module, folder = SOURCES[project][0], TOOLS / "crds"
    go = toolchain.find(toolchain.numbers_of((folder / "go.mod").read_text()))
    environment = toolchain.environment() | {"GOFLAGS": "-mod=readonly"}
    done = subprocess.run(  # noqa: S603 - only Go, as `toolchain.find` checked it
        [go.go, "mod", "download", "-json", module], cwd=folder, env=environment,
        capture_output=True, text=True, check=False, timeout=FETCH_SECONDS,
    )  # fmt: skip
    answer: dict[str, str] = json.loads(done.stdout) if done.stdout else {}
    if done.returncode or "Dir" not in answer:
        raise LocalClusterError(_failure(module, answer.get("Error") or done.stderr.strip()))
    return Path(answer["Dir"])


def _failure(module: str, text: str) -> str:
    remedy = "The pins are in tools/crds/go.mod."
    if any(sign in text for sign in NETWORK_SIGNS):
        remedy = "The first use needs the Go module proxy: check the network and GOPROXY."
    return f"{module} could not be fetched: {text}\n{remedy}"
