"""Values of the mesh: its kinds, its plugin on every node, its control plane, its gateway.

As the objects of components/mesh need it (decision 0043): redirection by the CNI plugin, since a
pod that Pod Security restricts may not change its network; one gateway that answers challenges.
"""

from components.charts.entry import service
from components.charts.placing import Values, on_platform, requests
from settings import names
from settings.loader import Settings
from settings.platform import mesh_network, part, trust_domain

_MOST_CONTROL, _MOST_GATEWAYS = 5, 10


def istio_base(_settings: Settings) -> Values:
    """The mesh's kinds."""
    return {"defaultRevision": "default"}


def istio_cni(settings: Settings) -> Values:
    """Leads each pod's traffic through its proxy, on every node; it runs where pods run."""
    return {"global": _platform(settings)}


def istiod(settings: Settings) -> Values:
    """The mesh's control plane, with the region's own trust domain."""
    size = part(settings, "istiod")
    return {
        **on_platform(settings),
        "autoscaleMin": size.replicas,
        "autoscaleMax": max(size.replicas, _MOST_CONTROL),
        "resources": requests(size),
        "cni": {"enabled": True},
        # All that `restricted` asks for beside what the chart says by itself.
        "seccompProfile": {"type": "RuntimeDefault"},
        "meshConfig": {
            "trustDomain": trust_domain(settings),
            "enableAutoMtls": True,
            "accessLogFile": "",
            # Where cert-manager's challenge finds its Ingress served.
            "ingressService": names.MESH_ENTRANCE,
            "ingressSelector": names.MESH_SELECTOR["istio"],
            "defaultConfig": {"holdApplicationUntilProxyStarts": True},
        },
        "global": {
            **_platform(settings),
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
        "name": names.MESH_ENTRANCE,
        "serviceAccount": {"name": names.MESH_ENTRANCE},
        "labels": names.MESH_SELECTOR,
        "autoscaling": {
            "minReplicas": size.replicas,
            "maxReplicas": max(size.replicas, _MOST_GATEWAYS),
        },
        "resources": requests(size),
        "podDisruptionBudget": {"minAvailable": max(1, size.replicas - 1)},
        "service": service(settings),
    }


def _platform(settings: Settings) -> Values:
    """What the mesh must know of Google's nodes: where plugins lie, who may be critical."""
    cloud = settings.stack.cloud
    return {"platform": "gke"} if cloud and cloud.provider == "gcp" else {}
