"""How large the charts of a stack's cluster are, and which of them it gets (D-7, decision 6).

Two sizes: an environment that holds patients has replicas of what must not be missed; the others
have one of each. The figures are requests on the platform's nodes, and count in `mpk check`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from settings import monitoring
from settings.charts import ChartName, ordered
from settings.keeping import CockroachDb
from settings.loader import Settings
from settings.markets import is_global, market, place


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One workload of a chart: how many pods, and what each asks for."""

    replicas: int
    cpu: str
    memory: str
    storage: str | None = None
    """Volume of each pod."""


def _part(replicas: int, cpu: str, memory: str, storage: str | None = None) -> Part:
    return Part(replicas=replicas, cpu=cpu, memory=memory, storage=storage)


_SMALL: Mapping[str, Part] = {
    "ingress-nginx": _part(2, "100m", "256Mi"),
    "cert-manager": _part(1, "25m", "128Mi"),
    "cert-manager-webhook": _part(1, "25m", "64Mi"),
    "cert-manager-cainjector": _part(1, "25m", "256Mi"),
    "sealed-secrets": _part(1, "25m", "64Mi"),
    "prometheus": _part(1, "300m", "1536Mi", "50Gi"),
    "alertmanager": _part(1, "25m", "64Mi", "2Gi"),
    "grafana": _part(1, "50m", "192Mi"),
    "grafana-sidecar": _part(2, "10m", "96Mi"),
    "prometheus-operator": _part(1, "50m", "128Mi"),
    "config-reloader": _part(2, "10m", "64Mi"),
    "kube-state-metrics": _part(1, "25m", "128Mi"),
    "istiod": _part(1, "100m", "512Mi"),
    "istio-ingress": _part(2, "100m", "128Mi"),
    "argo-rollouts": _part(1, "50m", "128Mi"),
    "argo-cd-controller": _part(1, "100m", "512Mi"),
    "argo-cd-server": _part(1, "50m", "128Mi"),
    "argo-cd-repo-server": _part(1, "50m", "256Mi"),
    "argo-cd-notifications": _part(1, "25m", "96Mi"),
    "argo-cd-redis": _part(1, "50m", "96Mi"),
    "cloudnative-pg": _part(1, "50m", "128Mi"),
    "stackgres-operator": _part(1, "50m", "512Mi"),
}
_LARGE: Mapping[str, Part] = {
    "ingress-nginx": _part(3, "250m", "512Mi"),
    "cert-manager": _part(2, "50m", "256Mi"),
    "cert-manager-webhook": _part(2, "50m", "64Mi"),
    "cert-manager-cainjector": _part(2, "50m", "512Mi"),
    "sealed-secrets": _part(1, "50m", "128Mi"),
    "prometheus": _part(2, "1", "6Gi", "200Gi"),
    "alertmanager": _part(3, "50m", "128Mi", "5Gi"),
    # Each keeps people's sessions to itself: whom one of two lets in, the other puts out.
    "grafana": _part(1, "100m", "384Mi"),
    "grafana-sidecar": _part(2, "10m", "128Mi"),
    "prometheus-operator": _part(1, "100m", "256Mi"),
    "config-reloader": _part(5, "10m", "64Mi"),
    "kube-state-metrics": _part(1, "50m", "256Mi"),
    "istiod": _part(3, "250m", "1Gi"),
    "istio-ingress": _part(3, "500m", "256Mi"),
    "argo-rollouts": _part(2, "100m", "256Mi"),
    "argo-cd-controller": _part(1, "500m", "1Gi"),
    "argo-cd-server": _part(2, "100m", "256Mi"),
    "argo-cd-repo-server": _part(2, "250m", "512Mi"),
    "argo-cd-notifications": _part(1, "50m", "128Mi"),
    "argo-cd-redis": _part(3, "100m", "256Mi"),
    "argo-cd-redis-proxy": _part(3, "50m", "64Mi"),
    "cloudnative-pg": _part(2, "100m", "256Mi"),
    "stackgres-operator": _part(1, "100m", "1Gi"),
}
_PARTS_OF: Mapping[ChartName, tuple[str, ...]] = {
    "cert-manager": ("cert-manager", "cert-manager-webhook", "cert-manager-cainjector"),
    "kube-prometheus-stack": (
        "prometheus",
        "alertmanager",
        "grafana",
        "grafana-sidecar",
        "prometheus-operator",
        "config-reloader",
        "kube-state-metrics",
    ),
    "argo-cd": (
        "argo-cd-controller",
        "argo-cd-server",
        "argo-cd-repo-server",
        "argo-cd-notifications",
        "argo-cd-redis",
        "argo-cd-redis-proxy",
    ),
    "istio-base": (),
    "istio-cni": (),
    # Its requests and nodes are its chart's own: no value of it reaches them.
    "cockroachdb-operator": (),
}
"""The parts that run on the platform's nodes; what runs on every node counts as its daemon."""


def has_patients(settings: Settings) -> bool:
    """Whether the environment holds patients' data."""
    return settings.environment.patients


def part(settings: Settings, name: str) -> Part:
    """The size of a part in this stack."""
    return (_LARGE if has_patients(settings) else _SMALL)[name]


def parts(settings: Settings) -> dict[str, Part]:
    """Every part that the stack's charts run."""
    known = _LARGE if has_patients(settings) else _SMALL
    return {n: known[n] for chart in charts(settings) for n in parts_of(chart) if n in known}


def parts_of(chart: ChartName) -> tuple[str, ...]:
    """The parts that a chart runs."""
    return _PARTS_OF.get(chart, (chart,))


def installs(settings: Settings) -> bool:
    """Whether the program installs the charts of the stack's cluster (decision 0036)."""
    cloud, said = settings.stack.cloud, settings.stack.charts.enabled
    made_here = cloud is not None and cloud.kind == "cluster"
    return not is_global(settings) and (made_here if said is None else said)


def charts(settings: Settings) -> list[ChartName]:
    """The charts that the program installs, in the order in which it does."""
    if not installs(settings):
        return []
    chosen = set(needed(settings))
    if settings.environment.platform:
        chosen |= {"kube-prometheus-stack", "sealed-secrets"}
    return ordered(settings.catalog.charts, chosen)


def needed(settings: Settings) -> list[ChartName]:
    """The charts without which the product does not come up, whoever installs them."""
    delivery = settings.delivery
    chosen: set[ChartName] = set()
    if delivery.meshed:
        chosen |= {"istio-base", "istio-cni", "istiod", "istio-ingress"}
    elif settings.host:
        chosen.add("ingress-nginx")
    if delivery.strategy != "rolling":
        chosen |= {"argo-rollouts", "kube-prometheus-stack"}
    if delivery.gitops:
        chosen |= {"argo-cd", "sealed-secrets"}
    if settings.environment.certificates and settings.host:
        chosen.add("cert-manager")
    if monitoring.monitored(settings):
        chosen.add("kube-prometheus-stack")
    if settings.stack.cloud and "postgres" in settings.stores:
        chosen |= _database(settings)
    return ordered(settings.catalog.charts, chosen)


def _database(settings: Settings) -> set[ChartName]:
    """The operator of the database that runs inside the cluster, if one does (decision 7)."""
    if settings.sharded:
        database = settings.stack.database
        if isinstance(database, CockroachDb):
            return {"cockroachdb-operator"}
        return {"stackgres-operator", "cert-manager"}
    return set() if settings.environment.database else {"cloudnative-pg"}


def trust_domain(settings: Settings) -> str:
    """The mesh's trust domain: each region's own, so that no region's identity opens another's."""
    where = market(settings)
    return f"{where}.mesh.manpasik.internal" if where else "cluster.local"


def mesh_network(settings: Settings) -> str:
    """The mesh's name of the network that the cluster's pods are in."""
    return place(settings) or "local"
