"""How large the charts of a stack's cluster are, and which of them it gets (D-7, decision 6).

Two sizes: an environment that holds patients has replicas of what must not be missed; the others
have one of each. The figures are requests on the platform's nodes, and count in `mpk check`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from settings.charts import ChartName, ordered
from settings.keeping import CockroachDb
from settings.loader import Settings
from settings.markets import is_global, market, place

MESH_FROM_PHASE = 3


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
    "ingress-nginx": _part(2, "100m", "128Mi"),
    "cert-manager": _part(1, "25m", "64Mi"),
    "sealed-secrets": _part(1, "25m", "64Mi"),
    "prometheus": _part(1, "300m", "1536Mi", "50Gi"),
    "alertmanager": _part(1, "25m", "64Mi", "2Gi"),
    "grafana": _part(1, "50m", "192Mi"),
    "istiod": _part(1, "100m", "512Mi"),
    "istio-ingress": _part(2, "100m", "128Mi"),
    "argo-rollouts": _part(1, "50m", "128Mi"),
    "argo-cd-controller": _part(1, "100m", "512Mi"),
    "argo-cd-server": _part(1, "50m", "128Mi"),
    "argo-cd-repo-server": _part(1, "50m", "256Mi"),
    "cloudnative-pg": _part(1, "50m", "128Mi"),
    "stackgres-operator": _part(1, "50m", "256Mi"),
    "cockroachdb-operator": _part(1, "50m", "128Mi"),
}
_LARGE: Mapping[str, Part] = {
    "ingress-nginx": _part(3, "250m", "256Mi"),
    "cert-manager": _part(2, "50m", "128Mi"),
    "sealed-secrets": _part(1, "50m", "128Mi"),
    "prometheus": _part(2, "1", "6Gi", "200Gi"),
    "alertmanager": _part(3, "50m", "128Mi", "5Gi"),
    "grafana": _part(2, "100m", "256Mi"),
    "istiod": _part(3, "250m", "1Gi"),
    "istio-ingress": _part(3, "500m", "256Mi"),
    "argo-rollouts": _part(2, "100m", "256Mi"),
    "argo-cd-controller": _part(1, "500m", "1Gi"),
    "argo-cd-server": _part(2, "100m", "256Mi"),
    "argo-cd-repo-server": _part(2, "250m", "512Mi"),
    "cloudnative-pg": _part(2, "100m", "256Mi"),
    "stackgres-operator": _part(2, "100m", "512Mi"),
    "cockroachdb-operator": _part(3, "100m", "256Mi"),
}
_PARTS_OF: Mapping[ChartName, tuple[str, ...]] = {
    "kube-prometheus-stack": ("prometheus", "alertmanager", "grafana"),
    "argo-cd": ("argo-cd-controller", "argo-cd-server", "argo-cd-repo-server"),
    "istio-base": (),
}


def has_patients(settings: Settings) -> bool:
    """Whether the environment holds patients' data."""
    return settings.environment.patients


def part(settings: Settings, name: str) -> Part:
    """The size of a part in this stack."""
    return (_LARGE if has_patients(settings) else _SMALL)[name]


def parts(settings: Settings) -> dict[str, Part]:
    """Every part that the stack's charts run."""
    return {name: part(settings, name) for chart in charts(settings) for name in parts_of(chart)}


def parts_of(chart: ChartName) -> tuple[str, ...]:
    """The parts that a chart runs."""
    return _PARTS_OF.get(chart, (chart,))


def charts(settings: Settings) -> list[ChartName]:
    """The charts of the stack's cluster, in the order in which they are installed."""
    cloud = settings.stack.cloud
    if cloud is None or cloud.kind != "cluster" or is_global(settings):
        return []
    chosen: set[ChartName] = {"cert-manager", "sealed-secrets", "kube-prometheus-stack"}
    if settings.stack.phase < MESH_FROM_PHASE:
        chosen.add("ingress-nginx")
    else:
        chosen |= {"istio-base", "istiod", "istio-ingress", "argo-rollouts", "argo-cd"}
    if "postgres" in settings.stores:
        chosen |= _database(settings)
    return ordered(settings.catalog.charts, chosen)


def _database(settings: Settings) -> set[ChartName]:
    """The operator of the database that runs inside the cluster, if one does (decision 7)."""
    if settings.sharded:
        database = settings.stack.database
        return {
            "cockroachdb-operator" if isinstance(database, CockroachDb) else "stackgres-operator"
        }
    return set() if settings.environment.database else {"cloudnative-pg"}


def trust_domain(settings: Settings) -> str:
    """The mesh's trust domain: each region's own, so that no region's identity opens another's."""
    where = market(settings)
    return f"{where}.mesh.manpasik.internal" if where else "cluster.local"


def mesh_network(settings: Settings) -> str:
    """The mesh's name of the network that the cluster's pods are in."""
    return place(settings) or "local"
