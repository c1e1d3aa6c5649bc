"""The physical names of what charts make: part of `names.py`, which would be too long with them."""

from settings import names

METRICS = "metrics"
"""What the objects of the monitoring chart are called after; its templates append `-prometheus`."""
METRICS_NAMESPACE = "prometheus"
"""Not `manpasik-monitoring`: the chart's node exporter needs what `restricted` forbids there."""
METRICS_PORT = 9090
METRICS_URL = f"http://{METRICS}-prometheus.{METRICS_NAMESPACE}.svc.cluster.local:{METRICS_PORT}"
"""Where metrics are asked for inside a cluster: the Service that the chart makes."""
CHART_NAMESPACES = {
    "ingress-nginx": "ingress-nginx",
    "cert-manager": "cert-manager",
    "sealed-secrets": "sealed-secrets",
    "kube-prometheus-stack": METRICS_NAMESPACE,
    "istio-base": "istio-system",
    "istio-cni": "istio-cni",
    "istiod": "istio-system",
    "istio-ingress": names.MESH_NAMESPACE,
    "argo-rollouts": names.ROLLOUTS_NAMESPACE,
    "argo-cd": names.GITOPS_NAMESPACE,
    "cloudnative-pg": "cnpg-system",
    "stackgres-operator": "stackgres",
    "cockroachdb-operator": "cockroach-operator",
    "redpanda": names.DATA_NAMESPACE,
    "eck-operator": "elastic-system",
    "milvus": names.DATA_NAMESPACE,
}
"""Where each chart is installed."""
