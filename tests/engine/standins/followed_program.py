"""A canary of two pods whose step asks Prometheus, and the product's hook behind it (0046)."""

import pulumi
import pulumi_kubernetes as k8s

from components.delivery.waiting import Watched, after_rollouts
from operations import following

said = pulumi.Config("manpasik").require_object("stack")
API = "argoproj.io/v1alpha1"
METRIC = {
    "name": "error-ratio",
    "failureCondition": "result[0] > 0.01",
    "provider": {"prometheus": {"address": said["prometheus"], "query": said["query"]}},
}
LABELS = {"app": "gateway"}

cluster = pulumi.ResourceOptions(
    provider=k8s.Provider("cluster", kubeconfig=said["kubeconfig"], enable_server_side_apply=True)
)
followed = Watched(kubeconfig=said["followed"], context=None, waits=following.rollout)
space = k8s.core.v1.Namespace("space", metadata={"name": "followed"}, opts=cluster)
judge = k8s.apiextensions.CustomResource(
    "judge",
    api_version=API,
    kind="AnalysisTemplate",
    metadata={"name": "judge", "namespace": "followed"},
    spec={"metrics": [METRIC]},
    opts=pulumi.ResourceOptions(provider=cluster.provider, depends_on=[space]),
)
k8s.apiextensions.CustomResource(
    "gateway",
    api_version=API,
    kind="Rollout",
    metadata={"name": "gateway", "namespace": "followed"},
    spec={
        "replicas": 2,
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "gateway", "image": f"gateway:{said['tag']}"}]},
        },
        "strategy": {
            "canary": {
                "steps": [
                    {"setWeight": 50},
                    {"pause": {"duration": "20s"}},
                    {"analysis": {"templates": [{"templateName": "judge"}]}},
                ]
            }
        },
    },
    opts=pulumi.ResourceOptions(
        provider=cluster.provider, depends_on=[judge], hooks=after_rollouts(followed)
    ),
)
