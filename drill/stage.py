"""The stage of a drill: a cluster that runs releases, the data plane on it, and who asks.

All processes carry the cluster's mark, so whatever ends the cluster ends them.
"""

import contextlib
import json
import socket
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from drill import behaviour, envoy, prober
from drill.behaviour import Behaviour
from drill.metrics import Source
from drill.world import MESSAGES, SOURCE_FILE
from localcluster import Cluster, LocalClusterError, ports, processes, record, releases
from localcluster.files import make_private_directory, write_private
from localcluster.processes import Launch
from settings import paths, recording, signals

ROOT = Path(__file__).resolve().parent.parent
WORLD = "data-plane"
OPEN_SECONDS = 15.0
METRICS_SECONDS = 60.0
"""Prometheus looks for new targets, scrapes one window full and records."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A data plane that runs."""

    cluster: str
    folder: Path
    port: int
    """Where Envoy takes requests."""
    metrics_port: int

    def behave(self, by_tag: Mapping[str, Behaviour]) -> None:
        """Say how versions behave from now on; those not named answer well."""
        behaviour.save(self.folder, by_tag)

    def metrics_source(self, source: Source) -> None:
        """Let the exporter do well, or fail in one of the ways that one does."""
        write_private(self.folder / SOURCE_FILE, source.value)


def set_up(cluster: Cluster, rules: Sequence[recording.Rule]) -> Stage:
    """Start Envoy and the servers of the pods; rules ask for the cluster's Prometheus as well."""
    directory = record.directory_of(cluster.name)
    folder = make_private_directory(directory / "drill")
    free: list[int] = []
    for _ in range(3):
        free.append(ports.pick(avoid=free))
    port, admin_port, metrics_port = free
    arguments = [str(folder), cluster.name, str(metrics_port), str(admin_port)]
    world = Launch(
        part=WORLD,
        command=[sys.executable, "-m", "drill.world", *arguments],
        environment=_python(),
    )
    _replace(directory, world)
    _until_open(metrics_port, "the data plane", directory / "logs" / f"{WORLD}.log")
    _replace(directory, envoy.launch(folder, port=port, admin_port=admin_port))
    _until_open(port, "Envoy", directory / "logs" / f"{envoy.PART}.log")
    if rules:
        _record(cluster.name, rules, metrics_port)
    return Stage(cluster=cluster.name, folder=folder, port=port, metrics_port=metrics_port)


def messages(stage: Stage) -> list[str]:
    """What the controllers have sent to the webhook."""
    file = stage.folder / MESSAGES
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [str(json.loads(line)["text"]) for line in lines]


def await_metrics(stage: Stage) -> None:
    """Wait until Prometheus records requests: a release that begins before is judged by nothing."""
    address = releases.prometheus_url(stage.cluster)
    url = f"{address}/api/v1/query?{urlencode({'query': signals.REQUESTS})}"

    def known() -> bool:
        with urlopen(url, timeout=OPEN_SECONDS) as answer:  # noqa: S310 - loopback
            return bool(json.load(answer)["data"]["result"])

    _until(known, "requests are recorded", seconds=METRICS_SECONDS)


def take_down(stage: Stage) -> None:
    """End the data plane; the cluster goes on."""
    running = processes.running(record.directory_of(stage.cluster))
    parts = (prober.PART, envoy.PART, WORLD)
    processes.stop(each.process for each in running if each.part in parts)
    for file in (_targets(stage.cluster), _rules(stage.cluster)):
        file.unlink(missing_ok=True)


@contextmanager
def probing(stage: Stage, host: str, *, rate: int, seconds: int) -> Generator[Path]:
    """Ask for a host at that rate while the block lasts; yields the file of the answers."""
    directory = record.directory_of(stage.cluster)
    file = stage.folder / f"answers-{time.time_ns()}.tsv"
    asked = prober.launch(sys.executable, file, stage.port, host, rate, seconds)
    launch = Launch(part=asked.part, command=asked.command, environment=_python())
    processes.start(launch, directory)
    try:
        _until(lambda: file.exists() and file.stat().st_size > 0, "the prober has an answer")
        yield file
    finally:
        running = processes.running(directory)
        processes.stop(each.process for each in running if each.digest == launch.digest())


def _replace(directory: Path, launch: Launch) -> None:
    old = [each.process for each in processes.running(directory) if each.part == launch.part]
    processes.stop(old)
    processes.start(launch, directory)


def _python() -> dict[str, str]:
    """Where a Python of this checkout finds it, and this machine's clusters."""
    return {"PYTHONPATH": str(ROOT), "MANPASIK_STATE": str(paths.state_dir())}


def _record(cluster: str, rules: Sequence[recording.Rule], port: int) -> None:
    """Have Prometheus read the exporter and record what the product's rules say."""
    groups = [
        {
            "name": "manpasik",
            "interval": f"{signals.EVALUATION_SECONDS}s",
            "rules": [{"record": rule.record, "expr": rule.expr} for rule in rules],
        }
    ]
    write_private(_rules(cluster), yaml.safe_dump({"groups": groups}, sort_keys=False))
    write_private(_targets(cluster), json.dumps([{"targets": [f"127.0.0.1:{port}"]}]))
    releases.reload_prometheus(cluster)


def _rules(cluster: str) -> Path:
    return releases.rules_folder(cluster) / "drill.yaml"


def _targets(cluster: str) -> Path:
    return releases.targets_folder(cluster) / "drill.json"


def _until_open(port: int, what: str, log: Path) -> None:
    def is_open() -> bool:
        with contextlib.closing(socket.socket()) as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    _until(is_open, f"{what} listens", log)


def _until(
    holds: Callable[[], bool], what: str, log: Path | None = None, seconds: float = OPEN_SECONDS
) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-1000:] if log and log.exists() else ""
            raise LocalClusterError(f"waited {seconds:.0f} s in vain until {what}. {tail}")
        time.sleep(0.05)
