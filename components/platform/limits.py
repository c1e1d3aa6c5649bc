"""How much the product may ask of the cluster: a quota and the defaults of a container.

Owns the ResourceQuota and LimitRange of the application's namespace. The quota holds every service
at its most pods, in the middle of a rolling update, with every migration running: it stops a
runaway, never a release.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.pods import metadata
from settings import capacity, names
from settings.loader import Settings

DEFAULT_CPU = "50m"
DEFAULT_MEMORY = "64Mi"
DEFAULT_MEMORY_LIMIT = "256Mi"


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitsArgs:
    """What the limits follow from."""

    settings: Settings
    namespace: pulumi.Input[str]


class Limits(pulumi.ComponentResource):
    """Quota and defaults of the application's namespace."""

    quota: pulumi.Output[str]

    def __init__(
        self, name: str, args: LimitsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make both."""
        super().__init__("manpasik:platform:Limits", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        labels = names.labels(names.APPLICATION, "limits", args.settings.stack_name)
        meta = metadata(names.APPLICATION, args.namespace, labels)
        most = capacity.quota(args.settings)
        quota = k8s.core.v1.ResourceQuota(
            f"{name}-quota",
            metadata=meta,
            spec=k8s.core.v1.ResourceQuotaSpecArgs(
                hard={
                    "pods": str(most.pods),
                    "requests.cpu": capacity.cpu_quantity(most.cpu),
                    "requests.memory": capacity.memory_quantity(most.memory),
                }
            ),
            opts=child,
        )
        item = k8s.core.v1.LimitRangeItemArgs(
            type="Container",
            default_request={"cpu": DEFAULT_CPU, "memory": DEFAULT_MEMORY},
            default={"memory": DEFAULT_MEMORY_LIMIT},
        )
        k8s.core.v1.LimitRange(
            f"{name}-defaults",
            metadata=meta,
            spec=k8s.core.v1.LimitRangeSpecArgs(limits=[item]),
            opts=child,
        )
        self.quota = quota.metadata.name
        self.register_outputs({"quota": self.quota})
