"""The product as its exporters would tell it: mesh, kube-state-metrics, cAdvisor, nodes, releases.

Played, not measured: every service of the catalogue with its stated traffic, one of them ill, one
silent, one that crashes, and a canary that fails and is taken back. Time is given, so that an hour
is played in a second as well as live.
"""

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rehearsal import door, exporters
from rehearsal.parts import (
    CANARY,
    ILL,
    PODS,
    RELEASED,
    SILENT,
    STABLE,
    UNREACHED,
    VERSIONS,
    Labels,
    Sample,
    pod,
    quicker,
)
from settings import names, signals, signals_door
from settings.catalog import Service

FEWEST = 20.0
"""Requests a second of a service of which next to nothing is said: enough to be judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """When the canary begins, takes its steps and is taken back, in seconds of the played time."""

    begins: float
    step: float
    ends: float
    lingers: float
    """How long its pods stay after that, as an aborted version's do."""
    told: float | None = None
    """When the controllers say that it was taken back, where its last requests come later."""
    shares: tuple[float, ...] = (0.05, 0.25, 0.5)

    @property
    def aborted(self) -> float:
        """When it counts as taken back."""
        return self.ends if self.told is None else self.told

    def share(self, at: float) -> float:
        """The canary's share of the traffic."""
        if not self.begins <= at < self.ends:
            return 0.0
        return self.shares[min(int((at - self.begins) / self.step), len(self.shares) - 1)]

    def running(self, at: float) -> bool:
        """Whether its pods are there."""
        return self.begins <= at < self.ends + self.lingers


@dataclass(kw_only=True)
class World:
    """What has been counted so far."""

    services: Sequence[Service]
    plot: Plot
    at: float = 0.0
    began: float = 0.0
    """The clock's time when the play began, in seconds since 1970."""
    meshed: bool = True
    """Whether the mesh counts requests; else ingress-nginx does, at the door."""
    ill: str = ILL
    """Which service fails and is slow."""
    crash_seconds: float = 60.0
    """How often the service that crashes does."""
    counts: dict[tuple[str, Labels], float] = field(
        default_factory=lambda: defaultdict[tuple[str, Labels], float](float)
    )
    chance: random.Random = field(default_factory=lambda: random.Random(9))  # noqa: S311 - a play

    def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        self.at += seconds
        for service in self.services:
            for pod_hash, share in self._shares(service.name):
                self._answer(service, pod_hash, share, seconds)
        self._not_reached(seconds)
        exporters.count(self, seconds)

    def samples(self) -> Iterator[Sample]:
        """Everything, as of now."""
        found = [(name, labels, value) for (name, labels), value in self.counts.items()]
        found += exporters.gauges(self)
        if self.meshed:
            yield from found
            return
        yield from (each for each in found if not each[0].startswith(door.UNSEEN))
        yield from door.gauges()

    def hashes(self, service: str) -> list[str]:
        """The versions of a service that have pods."""
        both = service == RELEASED and self.plot.running(self.at)
        return [STABLE, CANARY] if both else [STABLE]

    def add(self, name: str, labels: Labels, value: float) -> None:
        """Count."""
        self.counts[name, labels] += value

    def rate(self, service: Service) -> float:
        """Requests a second at this time: a wave of the day, and a little chance."""
        if service.name == SILENT:
            return 0.0
        wave = 1 + 0.25 * math.sin(self.at / 900) + self.chance.uniform(-0.06, 0.06)
        return max(service.requests_per_second, FEWEST) * wave

    def _shares(self, service: str) -> list[tuple[str, float]]:
        canary = self.plot.share(self.at) if service == RELEASED else 0.0
        return [(STABLE, 1 - canary), (CANARY, canary)] if canary else [(STABLE, 1.0)]

    def _answer(self, service: Service, pod_hash: str, share: float, seconds: float) -> None:
        asked = self.rate(service) * share * seconds
        bad = self._badness(service.name, pod_hash)
        if not self.meshed and service.name == signals_door.SERVICE:
            door.count(self, asked, bad, self._median(service.name, pod_hash))
        for index in range(PODS):
            labels = _proxy(service.name, pod_hash, index)
            part = asked / PODS
            for code, status, of_all in _codes(service, bad):
                told = (("grpc_response_status", status), ("response_code", code))
                answered = (*labels, ("response_flags", "-"), *told)
                self.add("istio_requests_total", answered, part * of_all)
            self._took(labels, part, self._median(service.name, pod_hash))

    def _took(self, labels: Labels, asked: float, median: float) -> None:
        name = "istio_request_duration_milliseconds"
        for edge in signals.BUCKETS_MS:
            within = asked * quicker(edge, median)
            self.add(f"{name}_bucket", (*labels, ("le", f"{edge}")), within)
        self.add(f"{name}_bucket", (*labels, ("le", "+Inf")), asked)
        self.add(f"{name}_count", labels, asked)
        self.add(f"{name}_sum", labels, asked * median)

    def _badness(self, service: str, pod_hash: str) -> float:
        if pod_hash == CANARY:
            return 0.08
        return 0.07 if service == self.ill else 0.001

    def _median(self, service: str, pod_hash: str) -> float:
        if pod_hash == CANARY:
            return 140.0
        return 420.0 if service == self.ill else 20.0 + 2.0 * (len(service) % 17)

    def _not_reached(self, seconds: float) -> None:
        told = (
            ("reporter", "source"), ("destination_service_name", UNREACHED),
            ("destination_service_namespace", names.APPLICATION_NAMESPACE),
            ("response_code", "503"), ("grpc_response_status", ""), ("response_flags", "UH"),
        )  # fmt: skip
        self.add("istio_requests_total", told, 0.05 * seconds)


def _proxy(service: str, pod_hash: str, index: int) -> Labels:
    space = names.APPLICATION_NAMESPACE
    return (
        ("reporter", "destination"), ("destination_workload", service),
        ("destination_workload_namespace", space), ("destination_service_name", service),
        ("destination_service_namespace", space),
        ("destination_canonical_revision", VERSIONS[pod_hash]),
        (signals.HASH_SOURCE.replace("-", "_"), pod_hash),
        ("pod", pod(service, pod_hash, index)),
    )  # fmt: skip


def _codes(service: Service, bad: float) -> list[tuple[str, str, float]]:
    if service.protocol == "http":
        return [("200", "", 1 - bad - 0.02), ("404", "", 0.02), ("500", "", bad)]
    return [("200", "0", 1 - bad - 0.015), ("200", "5", 0.015), ("200", "14", bad)]
