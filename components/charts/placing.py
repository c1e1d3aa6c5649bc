"""What the values of every chart share: sizes, and the platform's nodes."""

from collections.abc import Mapping
from typing import Any

from settings import names
from settings.loader import Settings
from settings.platform import Part, charts

Values = dict[str, Any]
"""A chart's values: plain data that Helm merges over the chart's own."""


def on_platform(settings: Settings) -> Values:
    """Where a pod of the platform runs: on nodes of its own, where there are some (D-7)."""
    if settings.environment.platform is None:
        return {}
    return {"nodeSelector": {names.POOL_LABEL: names.PLATFORM_POOL}, "tolerations": [toleration()]}


def toleration() -> Mapping[str, str]:
    """Lets a pod onto nodes that keep the services' pods away."""
    return {
        "key": names.POOL_LABEL,
        "operator": "Equal",
        "value": names.PLATFORM_POOL,
        "effect": "NoSchedule",
    }


def requests(part: Part) -> Values:
    """Requests, and as much memory as is asked for: beyond it the kernel ends the process."""
    return {
        "requests": {"cpu": part.cpu, "memory": part.memory},
        "limits": {"memory": part.memory},
    }


def sized(part: Part) -> Values:
    """Replicas and requests under the names that most charts use."""
    return {"replicaCount": part.replicas, "resources": requests(part)}


def volume(part: Part) -> Values:
    """The claim of a pod's volume, as the operators' custom resources say it."""
    return {
        "volumeClaimTemplate": {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": part.storage}},
            }
        }
    }


def metrics(settings: Settings) -> Values:
    """Metrics, and who scrapes them: a monitor is of a kind that its own chart brings."""
    scraped = "kube-prometheus-stack" in charts(settings)
    return {"enabled": True, "serviceMonitor": {"enabled": scraped}}
