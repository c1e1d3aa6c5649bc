"""The mesh's metrics and kube-state-metrics', from what the servers and Envoy really saw.

Names and labels are Istio's (`istio_requests_total`, `reporter`, `destination_workload` …), so that
the product's own recording rules read them (`settings/signals.py`). A pod's proxy counts what the
pod answered; the caller's proxy what it was told, which is all there is of a request that no pod
took. A metrics source can be told to fail in the ways that one does.
"""

import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from drill.watching import Object
from settings import names, signals

HASH_LABEL = signals.HASH_SOURCE
_REVISION_LABELS = (
    "service.istio.io/canonical-revision",
    "app.kubernetes.io/version",
    "version",
)
_SPACE = names.APPLICATION_NAMESPACE


class Source(StrEnum):
    """How well the metrics source does."""

    GOOD = "good"
    DOWN = "down"
    """It answers nothing that a scrape could read."""
    EMPTY = "empty"
    """It answers, and knows of no request."""
    NAN = "nan"
    STALE = "stale"
    """It answers what it answered last, for ever."""


@dataclass(kw_only=True)
class PodCounts:
    """What one pod's proxy has counted."""

    labels: Mapping[str, str]
    requests: Counter[tuple[int, str]] = field(default_factory=Counter[tuple[int, str]])
    """By response code and gRPC status."""
    buckets: list[int] = field(default_factory=lambda: [0] * (len(signals.BUCKETS_MS) + 1))
    milliseconds: float = 0.0

    def count(self, code: int, seconds: float, grpc_status: str = "") -> None:
        """Take one answer."""
        self.requests[code, grpc_status] += 1
        self.buckets[bisect.bisect_left(signals.BUCKETS_MS, seconds * 1000)] += 1
        self.milliseconds += seconds * 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Logged:
    """One request as Envoy, the caller's proxy, logged it."""

    service: str
    code: int
    grpc_status: str
    flags: str


def identity(pod: Object) -> dict[str, str]:
    """How Istio names the workload of a pod, and the version label that a scrape hands over."""
    held: Mapping[str, str] = pod["metadata"].get("labels") or {}
    owner: str = (pod["metadata"].get("ownerReferences") or [{"name": ""}])[0]["name"]
    revision = next((held[key] for key in _REVISION_LABELS if key in held), "latest")
    workload = owner.rpartition("-")[0] or owner
    return {
        "reporter": "destination",
        "destination_workload": workload,
        "destination_workload_namespace": pod["metadata"]["namespace"],
        "destination_service_name": workload,
        "destination_service_namespace": pod["metadata"]["namespace"],
        "destination_canonical_revision": revision,
        HASH_LABEL.replace("-", "_"): held.get(HASH_LABEL, held.get("pod-template-hash", "")),
        "pod": pod["metadata"]["name"],
    }


def text(pods: Iterable[PodCounts], logged: Mapping[Logged, int], objects: Iterable[Object]) -> str:
    """Everything, in Prometheus' text format."""
    lines = [line for each in pods for line in _of_pod(each)]
    lines += [_line("istio_requests_total", _of_caller(of), n) for of, n in logged.items()]
    lines += [line for pod in objects for line in _restarts(pod)]
    return "\n".join(lines) + "\n"


def failing(found: str, source: Source, last: str) -> str:
    """What a source in that state answers instead."""
    match source:
        case Source.GOOD:
            return found
        case Source.DOWN:
            return "this is no metric\n"
        case Source.EMPTY:
            return "\n"
        case Source.STALE:
            return last
        case Source.NAN:
            return "\n".join(f"{line.rpartition(' ')[0]} NaN" for line in found.splitlines()) + "\n"


def _of_pod(of: PodCounts) -> Iterator[str]:
    for (code, status), count in of.requests.items():
        told = {"response_code": str(code), "response_flags": "-", "grpc_response_status": status}
        yield _line("istio_requests_total", {**of.labels, **told}, count)
    name, total = "istio_request_duration_milliseconds", 0
    edges = [*map(str, signals.BUCKETS_MS), "+Inf"]
    for edge, count in zip(edges, of.buckets, strict=True):
        total += count
        yield _line(f"{name}_bucket", {**of.labels, "le": edge}, total)
    yield _line(f"{name}_count", of.labels, total)
    yield _line(f"{name}_sum", of.labels, of.milliseconds)


def _of_caller(of: Logged) -> dict[str, str]:
    return {
        "reporter": "source",
        "destination_service_name": of.service,
        "destination_service_namespace": _SPACE,
        "response_code": str(of.code),
        "grpc_response_status": of.grpc_status,
        "response_flags": of.flags,
    }


def _restarts(pod: Object) -> Iterator[str]:
    meta = pod["metadata"]
    statuses: list[Mapping[str, Any]] = pod.get("status", {}).get("containerStatuses") or []
    for each in statuses:
        labels = {"namespace": meta["namespace"], "pod": meta["name"], "container": each["name"]}
        labels["uid"] = meta["uid"]
        yield _line("kube_pod_container_status_restarts_total", labels, each["restartCount"])
        state: Mapping[str, Mapping[str, Any]] = each.get("state") or {}
        if reason := state.get("waiting", {}).get("reason"):
            told = {**labels, "reason": str(reason)}
            yield _line("kube_pod_container_status_waiting_reason", told, 1)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return (
        f"{name}{{{shown}}} {value:g}" if isinstance(value, float) else f"{name}{{{shown}}} {value}"
    )
