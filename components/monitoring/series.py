"""Series of pods, nodes, volumes and certificates, beside those of requests (settings/signals.py).

What several panels and alerts share is recorded once, under one name. Each says `of` what it is:
`kind` is service, node or volume. Sources are kube-state-metrics, cAdvisor, the kubelet, the node
exporter, cert-manager and the Rollouts controller; the services' own metrics tell none of it.
"""

from settings import names
from settings.recording import Rule

PODS = "manpasik:pods:ready"
"""Ready pods by service."""
WANTED_PODS = "manpasik:pods:wanted"
"""Pods that its controllers want, by service: more than its scale while a version goes out."""
CPU = "manpasik:cpu:ratio"
"""CPU in use: of a service in its limits, of a node in its cores. 0 to 1."""
VERSION_CPU = "manpasik:version_cpu:ratio"
"""The same by service and hash (pitfall W-5)."""
MEMORY = "manpasik:memory:ratio"
"""Memory in use: of a service in its limits, of a node in what it has."""
DISK = "manpasik:disk:ratio"
"""What is full of a node's file system, or of a volume."""
CERTIFICATES = "manpasik:certificate:seconds_left"
"""Seconds until a certificate expires, by its name and namespace; below 0 it has."""
RESTARTS = "manpasik:restarts:increase"
"""Restarts of a container in the last minutes, by service, pod, container and node."""
VERSION_PODS = "manpasik:version:pods"
"""Running pods by service and version (the image's tag)."""
DEPLOYED = "manpasik:version:deployed_timestamp"
"""When the newest version with pods was made, in seconds since 1970, by service."""
CPU_WINDOW_SECONDS = 120
"""Over how long CPU is averaged: cAdvisor is read less often than the mesh."""
POD = "(.+)-([a-z0-9]+)-[a-z0-9]{5}"
"""A pod's name: service, hash of its template, and five characters."""

_SPACE = names.APPLICATION_NAMESPACE
_OWN = f'namespace="{_SPACE}",container!="",container!="istio-proxy",pod!~".+-migrate-.+"'
_PODS = f'namespace="{_SPACE}",pod!~".+-migrate-.+"'
_ALL_SPACES = "|".join(names.NAMESPACES)
_UNREAL = "tmpfs|overlay|squashfs|ramfs|devtmpfs"
_REAL_FILES = f'fstype!~"{_UNREAL}",mountpoint!~"/(run|var/lib/kubelet).*"'


def rules(crash_window_seconds: int = 300) -> tuple[Rule, ...]:
    """The rules of all of them."""
    return (
        Rule(record=PODS, expr=f"sum by (service) ({_ready()})"),
        Rule(record=WANTED_PODS, expr=f"sum by (service) ({_wanted()})"),
        Rule(record=CPU, expr=_used(_cpu("service"), _node_cpu())),
        Rule(record=VERSION_CPU, expr=_cpu("service, hash")),
        Rule(record=MEMORY, expr=_used(_memory(), _node_memory())),
        Rule(record=DISK, expr=_full()),
        Rule(record=CERTIFICATES, expr=_certificates()),
        Rule(record=RESTARTS, expr=_restarts(crash_window_seconds)),
        Rule(record=VERSION_PODS, expr=_versions()),
        Rule(record=DEPLOYED, expr=_deployed()),
    )


def of_pod(found: str, *, versions: bool = False) -> str:
    """Labels `service`, and `hash` where asked, from the name of a pod."""
    found = f'label_replace({found}, "service", "$1", "pod", "{POD}")'
    return f'label_replace({found}, "hash", "$2", "pod", "{POD}")' if versions else found


def of_replica_set(found: str) -> str:
    """Label `service` from the name of a ReplicaSet."""
    return f'label_replace({found}, "service", "$1", "replicaset", "(.+)-[a-z0-9]+")'


def _ready() -> str:
    return of_pod(f'kube_pod_status_ready{{{_PODS},condition="true"}}')


def _wanted() -> str:
    return of_replica_set(f'kube_replicaset_spec_replicas{{namespace="{_SPACE}"}}')


def _cpu(by: str) -> str:
    versions = "hash" in by
    used = of_pod(
        f"rate(container_cpu_usage_seconds_total{{{_OWN}}}[{CPU_WINDOW_SECONDS}s])",
        versions=versions,
    )
    limit = of_pod(
        f'kube_pod_container_resource_limits{{{_OWN},resource="cpu"}}', versions=versions
    )
    return f"sum by ({by}) ({used}) / sum by ({by}) ({limit})"


def _memory() -> str:
    used = of_pod(f"container_memory_working_set_bytes{{{_OWN}}}")
    limit = of_pod(f'kube_pod_container_resource_limits{{{_OWN},resource="memory"}}')
    return f"sum by (service) ({used}) / sum by (service) ({limit})"


def _node_cpu() -> str:
    idle = f'rate(node_cpu_seconds_total{{mode="idle"}}[{CPU_WINDOW_SECONDS}s])'
    return f"1 - avg by (node) ({idle})"


def _node_memory() -> str:
    free, whole = (f"sum by (node) (node_memory_{n}_bytes)" for n in ("MemAvailable", "MemTotal"))
    return f"1 - {free} / {whole}"


def _used(of_services: str, of_nodes: str) -> str:
    both = (("service", of_services), ("node", of_nodes))
    return " or ".join(named(found, kind, kind) for kind, found in both)


def _full() -> str:
    free, size = (
        f"min by (node, mountpoint) (node_filesystem_{each}_bytes{{{_REAL_FILES}}})"
        for each in ("avail", "size")
    )
    nodes = named(f"1 - {free} / {size}", "node", "node", "mountpoint")
    free, size = (
        f"min by (namespace, persistentvolumeclaim) (kubelet_volume_stats_{each}_bytes)"
        for each in ("available", "capacity")
    )
    claims = named(f"1 - {free} / {size}", "volume", "namespace", "persistentvolumeclaim")
    return f"{nodes} or {claims}"


def named(found: str, kind: str, *labels: str) -> str:
    """Labels `kind`, and `of` from others: one alert tells of services, nodes and volumes alike."""
    sources = ", ".join(f'"{label}"' for label in labels)
    found = f'label_join({found}, "of", " ", {sources})'
    return f'label_replace({found}, "kind", "{kind}", "", "")'


def _certificates() -> str:
    # 0 stands for a certificate that was never issued: its own condition tells, not its end.
    known = "certmanager_certificate_expiration_timestamp_seconds > 0"
    return f"min by (namespace, name) ({known}) - time()"


def _restarts(window: int) -> str:
    spaces = f'namespace=~"{_ALL_SPACES}",container!="istio-proxy"'
    found = f"increase(kube_pod_container_status_restarts_total{{{spaces}}}[{window}s])"
    found = of_pod(f"sum by (namespace, pod, container) ({found})")
    # On which node, so that a node that is down silences its pods. One of them, where a pod of that
    # name has just moved: two would make the rule fail.
    nodes = f'max by (namespace, pod, node) (kube_pod_info{{namespace=~"{_ALL_SPACES}"}})'
    where = f"topk by (namespace, pod) (1, {nodes})"
    known = f"{found} * on (namespace, pod) group_left (node) {where}"
    return f"({known}) or on (namespace, pod, container) {found}"


def _versions() -> str:
    running = of_pod(f"kube_pod_container_info{{{_OWN}}}")
    found = f'label_replace({running}, "version", "$1", "image", ".+:([^:/@]+)(@.+)?")'
    return f"count by (service, version) ({found})"


def _deployed() -> str:
    made = f'kube_replicaset_created{{namespace="{_SPACE}"}}'
    filled = f'kube_replicaset_spec_replicas{{namespace="{_SPACE}"}} > 0'
    found = of_replica_set(f"({made} and on (namespace, replicaset) ({filled}))")
    return f"max by (service) ({found})"
