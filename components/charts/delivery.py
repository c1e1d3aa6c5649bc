"""Values of what delivers releases and keeps their secrets: Argo CD, Rollouts, sealed-secrets."""

from components.charts.placing import Values, metrics, on_platform, requests, sized
from settings.loader import Settings
from settings.platform import part


def argo_cd(settings: Settings) -> Values:
    """Argo CD without a public address, and without accounts of its own beside the admin's."""
    controller, server, repository, small, redis = (
        part(settings, f"argo-cd-{each}")
        for each in ("controller", "server", "repo-server", "notifications", "redis")
    )
    several = redis.replicas > 1
    return {
        # Also the label by which the command line's `--core` and others look for it.
        "fullnameOverride": "argocd",
        "global": on_platform(settings),
        "dex": {"enabled": False},
        # The program declares its Applications one by one.
        "applicationSet": {"replicas": 0},
        # What is told to whom is this program's (components/delivery/notifications.py).
        "notifications": {"cm": {"create": False}, "resources": requests(small)},
        "redis": {"resources": requests(redis)},
        # Another chart inside: what is global here does not reach it.
        "redis-ha": _redis(settings) if several else {"enabled": False},
        "redisSecretInit": {"resources": requests(small)},
        "controller": {
            "replicas": controller.replicas,
            "resources": requests(controller),
            "metrics": metrics(settings),
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


def _redis(settings: Settings) -> Values:
    """Three of them and three proxies, each on a node of its own, as the chart wants it."""
    redis, small = part(settings, "argo-cd-redis"), part(settings, "argo-cd-redis-proxy")
    placed = on_platform(settings)
    return {
        "enabled": True,
        "replicas": redis.replicas,
        "redis": {"resources": requests(redis)},
        "sentinel": {"resources": requests(small)},
        "splitBrainDetection": {"resources": requests(small)},
        "init": {"resources": requests(small)},
        "haproxy": {"replicas": small.replicas, "resources": requests(small), **placed},
        **placed,
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
            "metrics": metrics(settings),
            "pdb": {"enabled": size.replicas > 1, "minAvailable": 1},
            **on_platform(settings),
        },
        "dashboard": {"enabled": False},
        # What is told to whom is this program's (components/delivery/notifications.py).
        "notifications": {"configmap": {"create": False}},
    }


def sealed_secrets(settings: Settings) -> Values:
    """Opens sealed secrets; kubeseal looks for it under this name (R-P2-SEC)."""
    size = sized(part(settings, "sealed-secrets"))
    return {
        **on_platform(settings),
        "resources": size["resources"],
        "fullnameOverride": "sealed-secrets-controller",
        # Beside what the chart says by itself, all that `restricted` asks for.
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "metrics": {"serviceMonitor": {"enabled": False}},
    }
