"""Bring a cluster up, whatever state it is in; take it down; say how it is.

`up` states what should run and starts what does not: the same call makes a cluster, finds it whole,
repairs it after a crash, and finishes what a killed `up` began.
"""

import datetime
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from localcluster import bootstrap, certificates, kubeconfig, nodes, ports, processes, programs
from localcluster import reaper, record
from localcluster.api import Endpoint
from localcluster.commands import KUBECONFIG_USERS, PARTS, PORTS_OF, Surroundings, launches
from localcluster.errors import LocalClusterError
from localcluster.files import locked, make_private_directory
from localcluster.nodes import SimulatedNode
from localcluster.programs import Report
from localcluster.record import Record

DEFAULT_NODE_COUNT = 3
READY_SECONDS = 120.0
POLL_SECONDS = 0.1
SETTLE_SECONDS = 0.5
"""How long a started process may be invisible before it counts as dead."""
PORT_ATTEMPTS = 3
LOG_LINES_SHOWN = 12
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


class _PartDiedError(LocalClusterError):
    """A process ended before it was ready."""

    def __init__(self, part: str, log: Path) -> None:
        tail = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:] if log.exists() else []
        text = "\n  ".join(tail)
        super().__init__(
            f"{part} ended before it was ready. The end of {log}:\n  {text}\n"
            "Run `mpk local up` again; if it ends the same way, `mpk local down` first."
        )
        self.part = part


def _quiet(_done: int, _total: int, _message: str) -> None:
    """Report to nobody."""


@contextmanager
def _held(name: str, report: Report) -> Iterator[Path]:
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
    report: Report = _quiet,
) -> Cluster:
    """Make the cluster run with those nodes (None: as it was, else three of a default size).

    Safe at any time: a whole cluster stays as it is, a broken or half-made one is repaired.
    `lifetime_seconds` bounds its life from now on; without it, an earlier bound stays.
    """
    built = programs.ensure(_NEEDED_PROGRAMS, report)
    with _held(name, report) as directory:
        for private in (directory.parent, directory, directory / "logs", directory / "kubeconfigs"):
            make_private_directory(private)
        before = record.load(directory)
        shapes = wanted or before.nodes or nodes.uniform(DEFAULT_NODE_COUNT)
        ends_at = before.ends_at
        if lifetime_seconds is not None:
            ends_at = time.time() + lifetime_seconds
        record.save(directory, replace(before, nodes=tuple(shapes), ends_at=ends_at))
        return _Startup(name, directory, built, report).run()


class _Startup:
    """One `up`: walks through the parts in order and notes what it had to start."""

    def __init__(
        self, name: str, directory: Path, built: dict[str, Path], report: Report
    ) -> None:
        self.name = name
        self.directory = directory
        self.built = built
        self.report = report
        self.record: Record = record.load(directory)
        self.started: list[str] = []
        self.deadline = time.monotonic() + READY_SECONDS

    def run(self) -> Cluster:
        self._bound_lifetime()
        now = datetime.datetime.now(datetime.UTC)
        if not certificates.usable(self.directory / "pki", now):
            self.report(0, 0, "issuing certificates")
            certificates.issue(self.directory / "pki", self.name, now)
        for attempt in range(PORT_ATTEMPTS):
            self._settle_ports()
            try:
                self._start_parts()
                break
            except _PartDiedError as error:
                lost = [self.record.ports[port] for port in PORTS_OF.get(error.part, ())]
                if attempt + 1 == PORT_ATTEMPTS or all(ports.is_free(port) for port in lost):
                    raise
        api = endpoint(self.directory, self.record)
        self._until(
            "nodes to be Ready", lambda: _nodes_ready(api, self.record.nodes), ("kwok",)
        )
        self._until(
            "the default service account",
            lambda: bool(api.call("GET", "/api/v1/namespaces/default/serviceaccounts/default")),
            PARTS,
        )
        return self._cluster()

    def _bound_lifetime(self) -> None:
        """Before anything else is started, so that a killed `up` is bounded as well."""
        if self.record.ends_at is None:
            return
        launch = reaper.launch(self.name, self.record.ends_at)
        alive = [each for each in processes.running(self.directory) if each.part == reaper.PART]
        if not any(each.digest == launch.digest() for each in alive):
            processes.stop(each.process for each in alive)
            processes.start(launch, self.directory)

    def _settle_ports(self) -> None:
        """Keep the ports of what runs; replace those that somebody else took meanwhile."""
        alive = {each.part for each in processes.running(self.directory)}
        settled = dict(self.record.ports)
        for part, names in PORTS_OF.items():
            for port in names:
                mine = settled.get(port)
                if mine is None or (part not in alive and not ports.is_free(mine)):
                    settled[port] = ports.pick(avoid=settled.values())
        self.record = replace(self.record, ports=settled)
        record.save(self.directory, self.record)
        pki, port = self.directory / "pki", settled["kube-apiserver"]
        for part, user in KUBECONFIG_USERS.items():
            path = self.directory / "kubeconfigs" / f"{part}.yaml"
            kubeconfig.write(path, self.name, port=port, pki=pki, user=user)
        path = self.directory / "kubeconfig"
        kubeconfig.write(path, self.name, port=port, pki=pki, user="admin")

    def _start_parts(self) -> None:
        api = endpoint(self.directory, self.record)
        store = etcd_endpoint(self.directory, self.record)
        self._ensure("etcd")
        self._until("etcd to be healthy", lambda: store.answers("/health"), ("etcd",))
        self._ensure("kube-apiserver")
        ready: Callable[[], bool] = lambda: api.answers("/readyz")
        self._until("the API server to be ready", ready, ("etcd", "kube-apiserver"))
        self._ensure("kube-controller-manager")
        self._ensure("kube-scheduler")
        bootstrap.apply(api)
        nodes.apply(api, self.record.nodes)
        self._ensure("kwok", lambda: bootstrap.release_node_leases(api))

    def _ensure(self, part: str, prepare: Callable[[], None] = lambda: None) -> None:
        """Have exactly one process of that part, started with what holds now."""
        of = Surroundings(
            directory=self.directory, ports=self.record.ports, programs=self.built
        )
        launch = launches(of)[part]
        alive = [each for each in processes.running(self.directory) if each.part == part]
        if [each.digest for each in alive] == [launch.digest()]:
            return
        processes.stop(each.process for each in alive)
        prepare()
        self.report(0, 0, f"starting {part}")
        processes.start(launch, self.directory)
        self.started.append(part)

    def _until(self, what: str, holds: Callable[[], bool], parts: Sequence[str]) -> None:
        """Wait until it holds; fail at once when one of the parts it depends on has died."""
        began = time.monotonic()
        self.report(0, 0, f"waiting for {what}")
        while not holds():
            now = time.monotonic()
            if now > began + SETTLE_SECONDS:
                alive = {each.part for each in processes.running(self.directory)}
                for part in parts:
                    if part not in alive:
                        raise _PartDiedError(part, self.directory / "logs" / f"{part}.log")
            if now > self.deadline:
                message = (
                    f"Waited {READY_SECONDS:.0f} s in vain for {what}. The logs are in "
                    f"{self.directory / 'logs'}; `mpk local down` and `up` start anew."
                )
                raise LocalClusterError(message)
            time.sleep(POLL_SECONDS)

    def _cluster(self) -> Cluster:
        return Cluster(
            name=self.name,
            kubeconfig=self.directory / "kubeconfig",
            context=kubeconfig.context_name(self.name),
            server=f"https://127.0.0.1:{self.record.ports['kube-apiserver']}",
            kubectl=self.built["kubectl"],
            started=tuple(self.started),
            nodes=tuple(node.name for node in self.record.nodes),
        )


def endpoint(directory: Path, of: Record) -> Endpoint:
    """The cluster's API server, for its admin."""
    pki = directory / "pki"
    return Endpoint(
        port=of.ports["kube-apiserver"],
        ca=pki / "ca.crt",
        certificate=pki / "admin.crt",
        key=pki / "admin.key",
    )


def etcd_endpoint(directory: Path, of: Record) -> Endpoint:
    """The cluster's etcd, for its only client."""
    pki = directory / "pki"
    return Endpoint(
        port=of.ports["etcd"],
        ca=pki / "etcd-ca.crt",
        certificate=pki / "etcd-client.crt",
        key=pki / "etcd-client.key",
    )


def _nodes_ready(api: Endpoint, wanted: Sequence[SimulatedNode]) -> bool:
    ready = {each["metadata"]["name"] for each in nodes.list_simulated(api) if nodes.is_ready(each)}
    return ready == {node.name for node in wanted}


def down(name: str = "local", *, report: Report = _quiet) -> bool:
    """End the cluster's processes and remove all it made; False when there was nothing."""
    with _held(name, report) as directory:
        alive = processes.running(directory)
        if not alive and not directory.exists():
            return False
        clients = [each.process for each in alive if each.part not in PORTS_OF]
        report(0, 0, "stopping the cluster's processes")
        processes.stop(clients)
        for part in reversed(PORTS_OF):
            processes.stop(each.process for each in alive if each.part == part)
        if left := processes.running(directory):
            pids = ", ".join(f"{each.part} ({each.process.pid})" for each in left)
            message = f"These processes of cluster {name} do not end: {pids}. End them by hand."
            raise LocalClusterError(message)
        shutil.rmtree(directory, ignore_errors=True)
        return True
