"""One `up`: walk through the parts in order, start what does not run, wait until it serves.

Nothing here asks in which state it finds the cluster. Each step states what should hold and makes
it hold, so that the same walk makes, finds, repairs and finishes a cluster.
"""

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from localcluster import (
    bootstrap,
    certificates,
    kubeconfig,
    nodes,
    ports,
    processes,
    reaper,
    record,
)
from localcluster.commands import KUBECONFIG_USERS, PARTS, PORTS_OF, Surroundings, launches
from localcluster.errors import LocalClusterError
from localcluster.programs import Report, versions
from localcluster.record import Record

READY_SECONDS = 120.0
POLL_SECONDS = 0.1
SETTLE_SECONDS = 0.5
"""How long a started process may be invisible before it counts as dead."""
PORT_ATTEMPTS = 3
LOG_LINES_SHOWN = 12


class _PartDiedError(LocalClusterError):
    """A process ended before it was ready."""

    def __init__(self, part: str, log: Path) -> None:
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        text = "\n  ".join(lines[-LOG_LINES_SHOWN:])
        super().__init__(
            f"{part} ended before it was ready. The end of {log}:\n  {text}\n"
            "Run `mpk local up` again; if it ends the same way, `mpk local down` first."
        )
        self.part = part


class Startup:
    """The walk, and what it had to start on its way."""

    def __init__(
        self, name: str, directory: Path, built: Mapping[str, Path], report: Report
    ) -> None:
        self.record: Record = record.load(directory)
        self.started: list[str] = []
        self._name = name
        self._directory = directory
        self._built = built
        self._report = report
        self._deadline = time.monotonic() + READY_SECONDS

    def run(self) -> None:
        """Return when the API server serves, every node is Ready and every process runs."""
        self._bound_lifetime()
        now = datetime.datetime.now(datetime.UTC)
        if not certificates.usable(self._directory / "pki", now):
            self._report(0, 0, "issuing certificates")
            certificates.issue(self._directory / "pki", self._name, now)
        for attempts_left in reversed(range(PORT_ATTEMPTS)):
            self._settle_ports()
            try:
                self._start_parts()
                break
            except _PartDiedError as error:
                mine = [self.record.ports[port] for port in PORTS_OF.get(error.part, ())]
                if not attempts_left or all(ports.is_free(port) for port in mine):
                    raise
        self._await_readiness()

    def _bound_lifetime(self) -> None:
        """Before anything else is started, so that a killed `up` is bounded as well."""
        if self.record.ends_at is None:
            return
        launch = reaper.launch(self._name, self.record.ends_at)
        alive = self._alive(reaper.PART)
        if not any(each.digest == launch.digest() for each in alive):
            processes.stop(each.process for each in alive)
            processes.start(launch, self._directory)

    def _settle_ports(self) -> None:
        """Keep the ports of what runs; replace those that somebody else took meanwhile."""
        settled = dict(self.record.ports)
        for part in (*PARTS, *self.record.extras):
            runs = bool(self._alive(part))
            for port in PORTS_OF.get(part, ()):
                mine = settled.get(port)
                if mine is None or not (runs or ports.becomes_free(mine)):
                    settled[port] = ports.pick(avoid=settled.values())
        self.record = replace(self.record, ports=settled)
        record.save(self._directory, self.record)
        pki, port = self._directory / "pki", settled["kube-apiserver"]
        surroundings = self._surroundings()
        for part, user in KUBECONFIG_USERS.items():
            path = surroundings.kubeconfig(part)
            kubeconfig.write(path, self._name, port=port, pki=pki, user=user)
        kubeconfig.write(
            self._directory / "kubeconfig", self._name, port=port, pki=pki, user="admin"
        )

    def _start_parts(self) -> None:
        api = record.endpoint(self._directory, self.record)
        store = record.etcd_endpoint(self._directory, self.record)
        self._ensure("etcd")
        self._until("etcd is healthy", lambda: store.answers("/health"), ("etcd",))
        self._ensure("kube-apiserver")
        self._until(
            "the API server is ready",
            lambda: api.answers("/readyz"),
            ("etcd", "kube-apiserver"),
        )
        self._ensure("kube-controller-manager")
        self._ensure("kube-scheduler")
        bootstrap.apply(api)
        nodes.apply(api, self.record.nodes, versions()["kubernetes"])
        self._ensure("kwok", prepare=lambda: bootstrap.release_node_leases(api))
        for part in self.record.extras:
            self._ensure(part)

    def _await_readiness(self) -> None:
        api = record.endpoint(self._directory, self.record)
        wanted = {node.name for node in self.record.nodes}
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        self._until("the nodes are Ready", lambda: nodes.ready_names(api) == wanted, ("kwok",))
        self._until(
            "the default service account exists", lambda: bool(api.call("GET", account)), PARTS
        )
        self._refuse_dead((*PARTS, *self.record.extras))

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            directory=self._directory, ports=self.record.ports, programs=self._built
        )

    def _alive(self, part: str) -> list[processes.Running]:
        return [each for each in processes.running(self._directory) if each.part == part]

    def _ensure(self, part: str, prepare: Callable[[], None] = lambda: None) -> None:
        """Have exactly one process of that part, started with what holds now."""
        launch = launches(self._surroundings())[part]
        alive = self._alive(part)
        if [each.digest for each in alive] == [launch.digest()]:
            return
        processes.stop(each.process for each in alive)
        prepare()
        self._report(0, 0, f"starting {part}")
        processes.start(launch, self._directory)
        self.started.append(part)

    def _refuse_dead(self, parts: Sequence[str]) -> None:
        settled = time.monotonic() + SETTLE_SECONDS
        while gone := self._not_running(parts):
            if time.monotonic() > settled:
                raise _PartDiedError(gone[0], self._directory / "logs" / f"{gone[0]}.log")
            time.sleep(POLL_SECONDS)

    def _not_running(self, parts: Sequence[str]) -> list[str]:
        alive = {each.part for each in processes.running(self._directory)}
        return [part for part in parts if part not in alive]

    def _until(self, what: str, holds: Callable[[], bool], parts: Sequence[str]) -> None:
        """Wait until it holds; fail at once when one of the parts it depends on has died."""
        began = time.monotonic()
        self._report(0, 0, f"waiting until {what}")
        while not holds():
            now = time.monotonic()
            if now > began + SETTLE_SECONDS:
                self._refuse_dead(parts)
            if now > self._deadline:
                message = (
                    f"Waited {READY_SECONDS:.0f} s in vain until {what}. The logs are in "
                    f"{self._directory / 'logs'}; `mpk local down` and `up` start anew."
                )
                raise LocalClusterError(message)
            time.sleep(POLL_SECONDS)
