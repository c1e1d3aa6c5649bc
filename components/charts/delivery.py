"""Values of what delivers releases and keeps their secrets: Argo CD, Rollouts, sealed-secrets."""

from components.charts.placing import Values, on_platform, requests, sized
from settings.loader import Settings
from settings.platform import part

_METRICS: Values = {"enabled": True, "serviceMonitor": {"enabled": True}}


def argo_cd(settings: Settings) -> Values:
    """Argo CD without a public address, and without accounts of its own beside the admin's."""
    controller, server, repository = (
        part(settings, f"argo-cd-{each}") for each in ("controller", "server", "repo-server")
    )
    return {
        "global": on_platform(settings),
        "dex": {"enabled": False},
        "notifications": {"enabled": True},
        "redis-ha": {"enabled": server.replicas > 1},
        "controller": {
            "replicas": controller.replicas,
            "resources": requests(controller),
            "metrics": _METRICS,
        },
        "server": {
            "replicas": server.replicas,
            "resources": requests(server),
            "service": {"type": "ClusterIP"},
        },
        "repoServer": {"replicas": repository.replicas, "resources": requests(repository)},
        "configs": {
            "cm": {
                "application.resourceTrackingMethod": "annotation",
                "timeout.reconciliation": "120s",
                "exec.enabled": False,
            }
        },
    }


def argo_rollouts(settings: Settings) -> Values:
    """The controller of canaries and colours; no dashboard."""
    size = part(settings, "argo-rollouts")
    return {
        "installCRDs": True,
        "keepCRDs": True,
        "controller": {
            "replicas": size.replicas,
            "resources": requests(size),
            "metrics": _METRICS,
            "pdb": {"enabled": size.replicas > 1, "minAvailable": 1},
            **on_platform(settings),
        },
        "dashboard": {"enabled": False},
    }


def sealed_secrets(settings: Settings) -> Values:
    """Opens sealed secrets; kubeseal looks for it under this name (R-P2-SEC)."""
    size = sized(part(settings, "sealed-secrets"))
    return {
        **on_platform(settings),
        "resources": size["resources"],
        "fullnameOverride": "sealed-secrets-controller",
        "metrics": {"serviceMonitor": {"enabled": False}},
    }
