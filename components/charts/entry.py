"""Values of what stands at the cluster's door: ingress-nginx, cert-manager, the load balancer.

One network load balancer in front, which keeps the caller's address and changes in no switch of
colours (C-6, D-8). TLS ends behind it, at 1.2 or later.
"""

from collections.abc import Mapping, Sequence

from components.charts.placing import Values, metrics, on_platform, requests, sized
from components.contracts import Addresses
from settings.charts import ChartName
from settings.loader import Settings
from settings.platform import part

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
DOORS: Mapping[ChartName, tuple[str, ...]] = {
    "ingress-nginx": ("controller", "service"),
    "istio-ingress": ("service",),
}
"""The charts that open a door, and where in their values its Service is."""


def ingress_nginx(settings: Settings) -> Values:
    """The way in of phase 2."""
    size = part(settings, "ingress-nginx")
    return {
        "controller": {
            **sized(size),
            **on_platform(settings),
            "minAvailable": max(1, size.replicas - 1),
            "allowSnippetAnnotations": False,
            "service": service(settings),
            "config": {
                "ssl-protocols": "TLSv1.2 TLSv1.3",
                "server-tokens": "false",
                "hsts": "true",
                "hsts-include-subdomains": "true",
            },
            "metrics": metrics(settings),
            "admissionWebhooks": {"patch": on_platform(settings)},
        }
    }


def cert_manager(settings: Settings) -> Values:
    """Issues and renews certificates; its kinds stay when the release goes."""
    size, placed = part(settings, "cert-manager"), on_platform(settings)
    budget: Values = {"podDisruptionBudget": {"enabled": size.replicas > 1}}
    return {
        **sized(size),
        **placed,
        "crds": {"enabled": True, "keep": True},
        **budget,
        "webhook": {**sized(part(settings, "cert-manager-webhook")), **placed, **budget},
        "cainjector": {**sized(part(settings, "cert-manager-cainjector")), **placed, **budget},
        "startupapicheck": {"resources": requests(size), **placed},
        "prometheus": {"enabled": True},
    }


def service(settings: Settings) -> Values:
    """The load balancer of a door; another's cluster knows by itself how it makes one."""
    cloud = settings.stack.cloud
    return {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "annotations": dict(BALANCER[cloud.provider]) if cloud else {},
    }


def at(values: Values, settings: Settings, name: ChartName, addresses: Addresses) -> Values:
    """The same door at fixed addresses: what the stack above the regions leads to."""
    *path, last = DOORS[name]
    changed = inner = dict(values)
    for key in path:
        inner[key] = inner = dict(inner[key])
    inner[last] = _addressed(inner[last], settings, addresses)
    return changed


def _addressed(balancer: Values, settings: Settings, addresses: Addresses) -> Values:
    cloud = settings.stack.cloud
    if cloud is None or cloud.provider == "aws":
        taken = {f"{_AWS}-eip-allocations": addresses.references.apply(",".join)}
        return balancer | {"annotations": balancer["annotations"] | taken}
    return balancer | {"loadBalancerIP": addresses.addresses.apply(_only)}


def _only(found: Sequence[str]) -> str:
    return found[0]
