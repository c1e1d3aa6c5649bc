"""Bring a cluster up, whatever state it is in, and take it down without a trace."""

import shutil
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from localcluster import kubeconfig, nodes, processes, programs, record
from localcluster.commands import PARTS, PORTS_OF
from localcluster.errors import LocalClusterError
from localcluster.files import locked, make_private_directory
from localcluster.nodes import SimulatedNode
from localcluster.programs import Report, quiet
from localcluster.startup import Startup

DEFAULT_NODE_COUNT = 3
_NEEDED_PROGRAMS = (*PARTS, "kubectl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """A cluster that is up."""

    name: str
    kubeconfig: Path
    context: str
    server: str
    kubectl: Path
    started: tuple[str, ...]
    """The parts that this `up` had to start; empty when all ran already."""
    nodes: tuple[str, ...]


@contextmanager
def _held(name: str, report: Report) -> Generator[Path]:
    """The cluster's directory, for one `up` or `down` at a time."""
    directory = record.directory_of(name)

    def waiting() -> None:
        report(0, 0, f"cluster {name}: another up or down is at work; waiting for it to finish")

    with locked(directory.with_name(f".{name}.lock"), waiting):
        yield directory


def up(
    name: str = "local",
    wanted: Sequence[SimulatedNode] | None = None,
    *,
    lifetime_seconds: float | None = None,
    extras: Sequence[str] = (),
    report: Report = quiet,
) -> Cluster:
    """Make the cluster run with those nodes (None: as it was, else three of a default size).

    Safe at any time: a whole cluster stays as it is, a broken or half-made one is repaired.
    `lifetime_seconds` bounds its life from now on; without it, an earlier bound stays. `extras`
    are parts that it runs from now on besides (`releases.py` prepares a cluster for them).
    """
    built = programs.ensure(_NEEDED_PROGRAMS, report)
    with _held(name, report) as directory:
        for private in (directory.parent, directory, directory / "logs", directory / "kubeconfigs"):
            make_private_directory(private)
        before = record.load(directory)
        more = tuple(dict.fromkeys([*before.extras, *extras]))
        built |= programs.ensure(more, report)
        shapes = wanted or before.nodes or nodes.uniform(DEFAULT_NODE_COUNT)
        ends_at = before.ends_at
        if lifetime_seconds is not None:
            ends_at = time.time() + lifetime_seconds
        record.save(directory, replace(before, nodes=tuple(shapes), ends_at=ends_at, extras=more))
        startup = Startup(name, directory, built, report)
        startup.run()
        return Cluster(
            name=name,
            kubeconfig=directory / "kubeconfig",
            context=kubeconfig.context_name(name),
            server=f"https://127.0.0.1:{startup.record.ports['kube-apiserver']}",
            kubectl=built["kubectl"],
            started=tuple(startup.started),
            nodes=tuple(node.name for node in startup.record.nodes),
        )


def down(name: str = "local", *, report: Report = quiet) -> bool:
    """End the cluster's processes and remove all it made; False when there was nothing."""
    with _held(name, report) as directory:
        alive = processes.running(directory)
        if not alive and not directory.exists():
            return False
        clients = [each.process for each in alive if each.part not in PORTS_OF]
        report(0, 0, "stopping the cluster's processes")
        processes.stop(clients)
        for part in reversed(list(PORTS_OF)):
            processes.stop(each.process for each in alive if each.part == part)
        if left := processes.running(directory):
            pids = ", ".join(f"{each.part} ({each.process.pid})" for each in left)
            message = f"These processes of cluster {name} do not end: {pids}. End them by hand."
            raise LocalClusterError(message)
        if directory.exists():
            shutil.rmtree(directory)
        return True
