"""How many pods of a service run: its HorizontalPodAutoscaler and its disruption budget.

Growth follows load at once; shrinking waits five minutes and then goes by a fifth a minute, so that
a short lull does not make the number flap. The budget always lets one pod go: it never blocks every
drain, and it keeps two thirds of any service running.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from settings import names
from settings.environments import WorkloadSize

CPU_PERCENT = 70
MEMORY_PERCENT = 80
SHRINK_AFTER_SECONDS = 300
SHRINK_PERCENT_PER_MINUTE = 20
GROW_AFTER_SECONDS = 15
# Of any number of pods from three on, a fifth rounded up leaves two thirds; of two it leaves one.
DISRUPTED = "20%"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaled:
    """What is scaled."""

    api_version: str
    kind: str
    name: pulumi.Input[str]


def autoscaler(
    logical: str,
    meta: k8s.meta.v1.ObjectMetaArgs,
    target: Scaled,
    size: WorkloadSize,
    parent: pulumi.Resource,
) -> k8s.autoscaling.v2.HorizontalPodAutoscaler:
    """Between the fewest and the most pods by CPU and memory (R-OVL)."""
    return k8s.autoscaling.v2.HorizontalPodAutoscaler(
        logical,
        metadata=meta,
        spec=k8s.autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=k8s.autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version=target.api_version, kind=target.kind, name=target.name
            ),
            min_replicas=size.replicas,
            max_replicas=size.most,
            metrics=[_utilization("cpu", CPU_PERCENT), _utilization("memory", MEMORY_PERCENT)],
            behavior=_behavior(),
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def budget(
    logical: str, name: str, meta: k8s.meta.v1.ObjectMetaArgs, parent: pulumi.Resource
) -> k8s.policy.v1.PodDisruptionBudget:
    """How many pods a drain may take at once; a pod that is not ready never blocks one."""
    return k8s.policy.v1.PodDisruptionBudget(
        logical,
        metadata=meta,
        spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=DISRUPTED,
            selector=k8s.meta.v1.LabelSelectorArgs(match_labels=names.selector(name)),
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _utilization(resource: str, percent: int) -> k8s.autoscaling.v2.MetricSpecArgs:
    return k8s.autoscaling.v2.MetricSpecArgs(
        type="Resource",
        resource=k8s.autoscaling.v2.ResourceMetricSourceArgs(
            name=resource,
            target=k8s.autoscaling.v2.MetricTargetArgs(
                type="Utilization", average_utilization=percent
            ),
        ),
    )


def _behavior() -> k8s.autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs:
    return k8s.autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
        scale_up=_rules(
            GROW_AFTER_SECONDS, "Max", _policy("Percent", 100, 30), _policy("Pods", 4, 30)
        ),
        scale_down=_rules(
            SHRINK_AFTER_SECONDS, "Min", _policy("Percent", SHRINK_PERCENT_PER_MINUTE, 60)
        ),
    )


def _rules(
    after: int, select: str, *policies: k8s.autoscaling.v2.HPAScalingPolicyArgs
) -> k8s.autoscaling.v2.HPAScalingRulesArgs:
    return k8s.autoscaling.v2.HPAScalingRulesArgs(
        stabilization_window_seconds=after, select_policy=select, policies=list(policies)
    )


def _policy(kind: str, value: int, period: int) -> k8s.autoscaling.v2.HPAScalingPolicyArgs:
    return k8s.autoscaling.v2.HPAScalingPolicyArgs(type=kind, value=value, period_seconds=period)
