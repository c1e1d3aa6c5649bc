"""What is scraped: one PodMonitor or ServiceMonitor for each source that exists, and no other.

The mesh's proxies of every pod; the services' own metrics where a service has a port of them (not
the gateway, not telemedicine: OBS-04); stores that export something by themselves; cert-manager,
where the chart cannot declare a monitor before its kind is there. kube-state-metrics, the node
exporter, kubelet and controllers bring their own with their charts.
"""

from collections.abc import Mapping

from settings import names, signals, signals_door
from settings.loader import Settings

Spec = dict[str, object]
PROXY_PORT = "http-envoy-prom"
"""The name of the port at which each proxy tells its own figures, outside its mutual TLS."""
STORE_PORTS = {"redpanda": (9644, "/public_metrics"), "milvus": (9091, "/metrics")}
"""In-cluster stores that export by themselves, with port and path; the others have no exporter."""
_CLIENTS_PORT = "tcp"
SLOWLY_SECONDS = 30
_OURS = {"app.kubernetes.io/part-of": names.APPLICATION}
_DOOR = {
    "app.kubernetes.io/name": "ingress-nginx",
    "app.kubernetes.io/component": "controller",
}
"""Labels that ingress-nginx's own chart and manifests give the controller's pods."""
# The action as the API server fills it in: left out, git and cluster would differ for ever (0049).
_NODE: Spec = {
    "sourceLabels": ["__meta_kubernetes_pod_node_name"],
    "targetLabel": "node",
    "action": "replace",
}
_METRICS_READ = (
    "istio_requests_total|istio_request_duration_milliseconds_.+|envoy_http_downstream_cx_active"
)


def pod_monitors(settings: Settings) -> dict[str, Spec]:
    """The PodMonitors of a stack by name."""
    found = {"services": _services()}
    if settings.delivery.meshed:
        found |= {
            "mesh": _mesh(names.APPLICATION_NAMESPACE),
            "entrance": _mesh(names.MESH_NAMESPACE),
        }
    else:
        found["door"] = _door()
    found |= {
        name: _store(name, port, path)
        for name, (port, path) in STORE_PORTS.items()
        if any(name in store.servers for store in settings.stores.values())
    }
    if settings.environment.certificates:
        found["cert-manager"] = _certificates()
    return found


def _mesh(namespace: str) -> Spec:
    """The proxies, as often as the rules count with; of their metrics those that are read."""
    keep: Spec = {"sourceLabels": ["__name__"], "regex": _METRICS_READ, "action": "keep"}
    endpoint: Spec = {
        "port": PROXY_PORT,
        "path": "/stats/prometheus",
        "interval": f"{signals.SCRAPE_SECONDS}s",
        "scrapeTimeout": f"{signals.SCRAPE_SECONDS}s",
        "relabelings": [_NODE],
        "metricRelabelings": [keep],
    }
    # Which version a pod is of; a Deployment's pods, which nobody compares, bear another label.
    labels = [signals.HASH_SOURCE]
    wanted = _OURS if namespace == names.APPLICATION_NAMESPACE else {"istio": "ingress"}
    return _monitor(namespace, wanted, endpoint) | {"podTargetLabels": labels}


def _door() -> Spec:
    """ingress-nginx, wherever it runs. Its own `namespace` and `service` are those of a request."""
    keep: Spec = {
        "sourceLabels": ["__name__"],
        "regex": "|".join(signals_door.READ),
        "action": "keep",
    }
    endpoint: Spec = {
        "port": signals_door.PORT,
        "interval": f"{signals.SCRAPE_SECONDS}s",
        "scrapeTimeout": f"{signals.SCRAPE_SECONDS}s",
        "honorLabels": True,
        "relabelings": [_NODE],
        "metricRelabelings": [keep],
    }
    found = _monitor("ingress-nginx", _DOOR, endpoint)
    return found | {"namespaceSelector": {"any": True}}


def _services() -> Spec:
    """The services' own: counts that no alert reads, for whoever looks into one service."""
    endpoint: Spec = {"port": "metrics", "interval": f"{SLOWLY_SECONDS}s", "relabelings": [_NODE]}
    return _monitor(names.APPLICATION_NAMESPACE, _OURS, endpoint)


def _store(name: str, port: int, path: str) -> Spec:
    # Its pods declare the port of their clients alone, and only what is declared is found: found by
    # that, asked at the other.
    elsewhere: Spec = {
        "sourceLabels": ["__meta_kubernetes_pod_ip"],
        "replacement": f"$1:{port}",
        "targetLabel": "__address__",
        "action": "replace",
    }
    endpoint: Spec = {
        "port": _CLIENTS_PORT,
        "path": path,
        "interval": f"{SLOWLY_SECONDS}s",
        "relabelings": [_NODE, elsewhere],
    }
    return _monitor(names.DATA_NAMESPACE, names.selector(name), endpoint)


def _certificates() -> Spec:
    # The metrics' own `namespace` and `name` say of which certificate they are.
    endpoint: Spec = {
        "port": "http-metrics",
        "interval": f"{SLOWLY_SECONDS}s",
        "honorLabels": True,
    }
    return _monitor("cert-manager", {"app.kubernetes.io/name": "cert-manager"}, endpoint)


def _monitor(namespace: str, labels: Mapping[str, str], endpoint: Spec) -> Spec:
    return {
        "namespaceSelector": {"matchNames": [namespace]},
        "selector": {"matchLabels": dict(labels)},
        "podMetricsEndpoints": [endpoint],
    }
