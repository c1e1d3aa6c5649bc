"""Values of what stands at the cluster's door: ingress-nginx, the mesh, cert-manager.

One network load balancer in front, which keeps the caller's address and changes in no switch of
colours (C-6, D-8). TLS ends behind it, at 1.2 or later.
"""

from components.charts.placing import Values, on_platform, requests, sized
from settings import names
from settings.loader import Settings
from settings.markets import place
from settings.platform import mesh_network, part, trust_domain

_AWS = "service.beta.kubernetes.io/aws-load-balancer"
BALANCER: dict[str, dict[str, str]] = {
    "aws": {
        f"{_AWS}-type": "nlb",
        f"{_AWS}-scheme": "internet-facing",
        f"{_AWS}-cross-zone-load-balancing-enabled": "true",
    },
    "gcp": {"cloud.google.com/l4-rbs": "enabled"},
}
"""What asks each cloud for a network load balancer with a public address."""


def ingress_nginx(settings: Settings) -> Values:
    """The way in of phase 2."""
    size = part(settings, "ingress-nginx")
    return {
        "controller": {
            **sized(size),
            **on_platform(settings),
            "minAvailable": max(1, size.replicas - 1),
            "allowSnippetAnnotations": False,
            "service": _service(settings),
            "config": {
                "ssl-protocols": "TLSv1.2 TLSv1.3",
                "server-tokens": "false",
                "hsts": "true",
                "hsts-include-subdomains": "true",
            },
            "metrics": {"enabled": True, "serviceMonitor": {"enabled": True}},
            "admissionWebhooks": {"patch": on_platform(settings)},
        }
    }


def cert_manager(settings: Settings) -> Values:
    """Issues and renews certificates; its kinds stay when the release goes."""
    size = part(settings, "cert-manager")
    return {
        **sized(size),
        **on_platform(settings),
        "crds": {"enabled": True, "keep": True},
        "podDisruptionBudget": {"enabled": size.replicas > 1},
        "webhook": {**sized(size), **on_platform(settings)},
        "cainjector": {**sized(size), **on_platform(settings)},
        "startupapicheck": on_platform(settings),
        "prometheus": {"enabled": True},
    }


def istio_base(_settings: Settings) -> Values:
    """The mesh's kinds."""
    return {"defaultRevision": "default"}


def istiod(settings: Settings) -> Values:
    """The mesh's control plane, with the region's own trust domain."""
    size = part(settings, "istiod")
    return {
        **on_platform(settings),
        "autoscaleMin": size.replicas,
        "autoscaleMax": max(size.replicas, 5),
        "resources": requests(size),
        "meshConfig": {
            "trustDomain": trust_domain(settings),
            "enableAutoMtls": True,
            "accessLogFile": "",
            "defaultConfig": {"holdApplicationUntilProxyStarts": True},
        },
        "global": {
            "multiCluster": {"clusterName": settings.stack_name},
            "network": mesh_network(settings),
            "meshID": names.APPLICATION,
        },
    }


def istio_ingress(settings: Settings) -> Values:
    """The mesh's gateway, behind the load balancer (R-P3-MESH)."""
    size = part(settings, "istio-ingress")
    return {
        **on_platform(settings),
        "name": names.MESH_NAMESPACE,
        "labels": {"istio": "ingress"},
        "autoscaling": {"minReplicas": size.replicas, "maxReplicas": max(size.replicas, 10)},
        "resources": requests(size),
        "podDisruptionBudget": {"minAvailable": max(1, size.replicas - 1)},
        "service": _service(settings),
    }


def _service(settings: Settings) -> Values:
    cloud = settings.stack.cloud
    annotations = BALANCER[cloud.provider] if cloud and place(settings) else {}
    return {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "annotations": annotations,
    }
