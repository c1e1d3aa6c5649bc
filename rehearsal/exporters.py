"""What the usual exporters say of the played product: pods, nodes, volumes, certificates, releases.

Names and labels are those of kube-state-metrics, cAdvisor, the kubelet, the node exporter,
cert-manager, the Rollouts controller, Argo CD, Envoy and Alertmanager.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rehearsal.parts import CANARY, PODS, RELEASED, STABLE, VERSIONS, Labels, Sample, pod
from settings import names

if TYPE_CHECKING:
    from rehearsal.world import World

NODES = ("node-a", "node-b", "node-c")
CRASHING, HOT, WAITING = "video-service", "ai-inference-service", "user-service"
"""Whose pods crash, which service runs hot, and whose release waits for a person."""
_SPACE = names.APPLICATION_NAMESPACE
_GIB = 2.0**30
_DAY = 86400.0


def count(world: World, seconds: float) -> None:
    """What only rises."""
    for name, where in _containers(world):
        used = 0.44 if name == HOT else 0.04
        hot = 0.43 if dict(where)["pod"].split("-")[-2] != STABLE else used
        world.add("container_cpu_usage_seconds_total", where, max(used, hot) * seconds)
        crashes = seconds / world.crash_seconds if name == CRASHING else 0.0
        world.add("played_restarts", where, crashes)
    for index, node in enumerate(NODES):
        idle = 0.15 if index == 0 else 0.6
        world.add("node_cpu_seconds_total", (("node", node), ("cpu", "0"), ("mode", "idle")),
                  idle * seconds)  # fmt: skip
    for integration in ("slack", "email"):
        failed = 0.05 * seconds if integration == "slack" else 0.0
        world.add(
            "alertmanager_notifications_failed_total", (("integration", integration),), failed
        )
    _releases(world)


def gauges(world: World) -> Iterator[Sample]:
    """What is so at the moment."""
    yield from _of_containers(world)
    yield from _of_replica_sets(world)
    yield from _of_nodes()
    yield from _of_controllers(world)
    yield (
        "certmanager_certificate_expiration_timestamp_seconds",
        _certificate("api"),
        (world.began + 41 * _DAY),
    )
    yield (
        "certmanager_certificate_expiration_timestamp_seconds",
        _certificate("old"),
        (world.began + 5 * _DAY),
    )


def _containers(world: World) -> Iterator[tuple[str, Labels]]:
    for service in world.services:
        for pod_hash in world.hashes(service.name):
            for index in range(PODS):
                yield service.name, (
                    ("namespace", _SPACE), ("pod", pod(service.name, pod_hash, index)),
                    ("container", service.name),
                )  # fmt: skip


def _of_containers(world: World) -> Iterator[Sample]:
    for index, (name, where) in enumerate(_containers(world)):
        space, own = where[0], where[1]
        pod_hash = own[1].split("-")[-2]
        image = f"ghcr.io/manpasik/{name}:{VERSIONS[pod_hash]}"
        ready = 0.0 if name == CRASHING and own[1].endswith("p0xyz") else 1.0
        yield "kube_pod_container_info", (*where, ("image", image)), 1
        yield "kube_pod_info", (space, own, ("node", NODES[sum(map(ord, own[1])) % len(NODES)])), 1
        yield "kube_pod_status_ready", (space, own, ("condition", "true")), ready
        waiting = (*where, ("reason", "CrashLoopBackOff"))
        yield "kube_pod_container_status_waiting_reason", waiting, 1 - ready
        crashed = math.floor(world.counts["played_restarts", where])
        yield "kube_pod_container_status_restarts_total", where, crashed
        for resource, limit in (("cpu", 0.5), ("memory", _GIB / 2)):
            held = (*where, ("resource", resource))
            yield "kube_pod_container_resource_limits", held, limit
        grown = 0.3 + 0.1 * math.sin(index) + 0.05 * ((world.at / 3600 + index / 7) % 1)
        yield "container_memory_working_set_bytes", where, grown * _GIB / 2
        cx = (("pod", own[1]), ("http_conn_manager_prefix", "inbound_0.0.0.0_8080;"))
        yield "envoy_http_downstream_cx_active", cx, 4 + index % 9


def _of_replica_sets(world: World) -> Iterator[Sample]:
    for service in world.services:
        for pod_hash in (STABLE, CANARY):
            where = (("namespace", _SPACE), ("replicaset", f"{service.name}-{pod_hash}"))
            there = pod_hash in world.hashes(service.name)
            made = world.began + (world.plot.begins if pod_hash == CANARY else -2 * _DAY)
            yield "kube_replicaset_spec_replicas", where, PODS if there else 0
            yield "kube_replicaset_created", where, made


def _of_nodes() -> Iterator[Sample]:
    for index, node in enumerate(NODES):
        own = (("node", node),)
        ready = (*own, ("condition", "Ready"), ("status", "true"))
        yield "kube_node_status_condition", ready, 0 if node == "node-c" else 1
        yield "node_memory_MemTotal_bytes", own, 32 * _GIB
        yield "node_memory_MemAvailable_bytes", own, (18 - 4 * index) * _GIB
        files = (*own, ("mountpoint", "/"), ("fstype", "ext4"))
        yield "node_filesystem_size_bytes", files, 100 * _GIB
        yield "node_filesystem_avail_bytes", files, (60 - 25 * index) * _GIB
    for claim, free in (("data-postgres-0", 40), ("data-redpanda-0", 9)):
        where = (("namespace", names.DATA_NAMESPACE), ("persistentvolumeclaim", claim))
        yield "kubelet_volume_stats_capacity_bytes", where, 100 * _GIB
        yield "kubelet_volume_stats_available_bytes", where, free * _GIB


def _releases(world: World) -> None:
    where = (("namespace", _SPACE), ("name", RELEASED), ("type", "Normal"))
    for reason, since in (
        ("RolloutUpdated", world.plot.begins),
        ("RolloutAborted", world.plot.aborted),
        ("RolloutCompleted", world.plot.begins - 900),
    ):
        world.counts["rollout_events_total", (*where, ("reason", reason))] = float(
            world.at >= since
        )


def _of_controllers(world: World) -> Iterator[Sample]:
    running = world.plot.begins <= world.at < world.plot.aborted
    for service in world.services:
        phase = "Progressing" if running and service.name == RELEASED else "Healthy"
        if service.name == RELEASED and world.at >= world.plot.aborted:
            phase = "Degraded"
        if service.name == WAITING:
            phase = "Paused"
        told = (("namespace", _SPACE), ("name", service.name), ("strategy", "canary"),
                ("traffic_router", "Istio"), ("phase", phase))  # fmt: skip
        yield "rollout_info", told, 1
        app = (("name", f"manpasik-{service.name}"), ("sync_status", "Synced"),
               ("health_status", phase))  # fmt: skip
        yield "argocd_app_info", app, 1
    for metric, phase in (("error-rate", "Failed"), ("latency-p99", "Successful")):
        told = (("namespace", _SPACE), ("name", f"{RELEASED}-7f8d9c6b55-1"), ("metric", metric),
                ("type", "Prometheus"), ("dry_run", "false"), ("phase", phase))  # fmt: skip
        yield "analysis_run_metric_phase", told, 1
    record = f"{names.APPLICATION}-release-production-20261124-080000-000"
    made = world.began + world.plot.begins
    if world.at >= world.plot.begins:
        yield "kube_configmap_created", (("namespace", _SPACE), ("configmap", record)), made


def _certificate(name: str) -> Labels:
    return (("namespace", names.MESH_NAMESPACE), ("name", f"manpasik-{name}"))
