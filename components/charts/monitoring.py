"""Values of kube-prometheus-stack: what is measured, where it is kept, for how long."""

from components.charts.placing import Values, on_platform, requests, volume
from settings import chart_names
from settings.capacity import DAEMONS, cpu_quantity, memory_quantity
from settings.loader import Settings
from settings.monitoring import labels, retention_days
from settings.platform import part

_ALL: Values = {
    f"{kind}SelectorNilUsesHelmValues": False
    for kind in ("serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig")
}
"""Watch every namespace's monitors and rules, not only those that carry this release's label."""
_NODE: Values = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}
_HIDDEN = ("kubeEtcd", "kubeControllerManager", "kubeScheduler", "kubeProxy")
"""Parts of the control plane that a managed cluster shows to nobody."""

_CPU, _MIB = DAEMONS["node exporter"]
_OF_EACH_NODE: Values = {
    "requests": {"cpu": cpu_quantity(_CPU), "memory": memory_quantity(_MIB)},
    "limits": {"memory": memory_quantity(3 * _MIB)},
}
"""What the capacity of every node is counted with."""


def kube_prometheus_stack(settings: Settings) -> Values:
    """Prometheus, Alertmanager and Grafana; what they keep never leaves the region."""
    hidden: Values = {name: {"enabled": False} for name in _HIDDEN}
    operator, small = part(settings, "prometheus-operator"), part(settings, "config-reloader")
    return {
        **hidden,
        # Whoever asks for metrics does so under this name (settings/chart_names.py).
        "fullnameOverride": chart_names.METRICS,
        "crds": {"enabled": True},
        # The program's own rules are tested; the chart's hundred alerts would page people untested.
        "defaultRules": {"create": False},
        "prometheusOperator": {
            **on_platform(settings),
            "resources": requests(operator),
            "admissionWebhooks": {"patch": {"resources": requests(small), **on_platform(settings)}},
            "prometheusConfigReloader": {"resources": requests(small)},
        },
        "prometheus": {
            "service": {"port": chart_names.METRICS_PORT},
            "prometheusSpec": _prometheus(settings),
        },
        "alertmanager": {"alertmanagerSpec": _alertmanager(settings)},
        "grafana": _grafana(settings),
        "kube-state-metrics": {
            "resources": requests(part(settings, "kube-state-metrics")),
            **on_platform(settings),
        },
        # Alerts name the node, so that one that is down silences what runs on it.
        "prometheus-node-exporter": {
            "resources": _OF_EACH_NODE,
            "prometheus": {"monitor": {"relabelings": [_NODE]}},
        },
    }


def _prometheus(settings: Settings) -> Values:
    size = part(settings, "prometheus")
    kept = settings.stack.monitoring.remote_write
    return {
        **_ALL,
        **({"remoteWrite": [{"url": kept.url}]} if kept else {}),
        **on_platform(settings),
        "replicas": size.replicas,
        "resources": requests(size),
        "retention": f"{retention_days(settings)}d",
        "storageSpec": volume(size),
        "externalLabels": {"stack": settings.stack_name, **labels(settings)},
        # Every series that is scraped says where it is from, not only those that leave.
        "scrapeClasses": [
            {
                "name": "where-from",
                "default": True,
                "relabelings": [
                    {"targetLabel": name, "replacement": value}
                    for name, value in labels(settings).items()
                ],
            }
        ],
    }


def _alertmanager(settings: Settings) -> Values:
    size = part(settings, "alertmanager")
    return {
        **on_platform(settings),
        "replicas": size.replicas,
        "resources": requests(size),
        "storage": volume(size),
        # Routes are objects of their namespaces: this program's and nobody else's.
        "alertmanagerConfigMatcherStrategy": {"type": "None"},
    }


def _grafana(settings: Settings) -> Values:
    size = part(settings, "grafana")
    return {
        **on_platform(settings),
        "replicas": size.replicas,
        "resources": requests(size),
        "sidecar": {
            "resources": requests(part(settings, "grafana-sidecar")),
            "dashboards": {
                "enabled": True,
                "searchNamespace": "ALL",
                "folderAnnotation": "grafana_folder",
                "provider": {"foldersFromFilesStructure": True},
            },
        },
        "defaultDashboardsEnabled": False,
        # Other regions are asked, and keep their series (decision 11).
        "additionalDataSources": [
            {"name": name, "type": "prometheus", "uid": f"fleet-{name}", "url": url}
            for name, url in sorted(settings.stack.monitoring.fleet.items())
        ],
        "grafana.ini": {
            "analytics": {"reporting_enabled": False, "check_for_updates": False},
            "auth.anonymous": {"enabled": False},
        },
    }
