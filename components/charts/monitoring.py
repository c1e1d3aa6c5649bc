"""Values of kube-prometheus-stack: what is measured, where it is kept, for how long."""

from components.charts.placing import Values, on_platform, requests, volume
from settings.loader import Settings
from settings.markets import place
from settings.monitoring import retention_days
from settings.platform import part

_ALL: Values = {
    f"{kind}SelectorNilUsesHelmValues": False
    for kind in ("serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig")
}
"""Watch every namespace's monitors and rules, not only those that carry this release's label."""
_HIDDEN = ("kubeEtcd", "kubeControllerManager", "kubeScheduler", "kubeProxy")
"""Parts of the control plane that a managed cluster shows to nobody."""


def kube_prometheus_stack(settings: Settings) -> Values:
    """Prometheus, Alertmanager and Grafana; what they keep never leaves the region."""
    hidden: Values = {name: {"enabled": False} for name in _HIDDEN}
    return {
        **hidden,
        "crds": {"enabled": True},
        "prometheusOperator": {
            **on_platform(settings),
            "admissionWebhooks": {"patch": on_platform(settings)},
        },
        "prometheus": {"prometheusSpec": _prometheus(settings)},
        "alertmanager": {"alertmanagerSpec": _alertmanager(settings)},
        "grafana": _grafana(settings),
        "kube-state-metrics": on_platform(settings),
    }


def _prometheus(settings: Settings) -> Values:
    size = part(settings, "prometheus")
    return {
        **_ALL,
        **on_platform(settings),
        "replicas": size.replicas,
        "resources": requests(size),
        "retention": f"{retention_days(settings)}d",
        "storageSpec": volume(size),
        "externalLabels": {"stack": settings.stack_name, "region": place(settings) or "none"},
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
        "sidecar": {"dashboards": {"enabled": True, "searchNamespace": "ALL"}},
        "grafana.ini": {
            "analytics": {"reporting_enabled": False, "check_for_updates": False},
            "auth.anonymous": {"enabled": False},
        },
    }
