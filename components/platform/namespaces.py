"""The product's namespaces, with Pod Security `restricted` enforced.

Owns the Namespace objects only. Deleting one deletes everything in it, patients' data included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from settings import names


@dataclass(frozen=True, kw_only=True, slots=True)
class NamespacesArgs:
    """What the namespaces need from their surroundings."""

    stack: str
    meshed: bool = False
    """Whether the pods of the application get a proxy of the mesh."""
    after: Sequence[pulumi.Input[str]] = ()
    """Names of what must be there before anything is made in a namespace."""


class Namespaces(pulumi.ComponentResource):
    """`manpasik`, `manpasik-data` and `manpasik-monitoring`."""

    application: pulumi.Output[str]
    data: pulumi.Output[str]
    monitoring: pulumi.Output[str]
    all: dict[str, pulumi.Output[str]]
    """Each by its name."""

    def __init__(
        self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make all three; each is an Output that waits until its namespace exists."""
        super().__init__("manpasik:platform:Namespaces", name, None, opts)
        self.all = made = {
            namespace: self._namespace(namespace, args) for namespace in names.NAMESPACES
        }
        self.application = made[names.APPLICATION_NAMESPACE]
        self.data = made[names.DATA_NAMESPACE]
        self.monitoring = made[names.MONITORING_NAMESPACE]
        self.register_outputs(
            {"application": self.application, "data": self.data, "monitoring": self.monitoring}
        )

    def _namespace(self, namespace: str, args: NamespacesArgs) -> pulumi.Output[str]:
        labels = names.labels(namespace, "namespace", args.stack) | {
            f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")
        }
        if args.meshed and namespace == names.APPLICATION_NAMESPACE:
            labels["istio-injection"] = "enabled"
        made = k8s.core.v1.Namespace(
            namespace,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=namespace, labels=labels),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.all(made.metadata.name, *args.after).apply(_first)


def namespace(
    space: str,
    labels: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    *,
    enforced: str = "restricted",
    logical: str = "",
) -> pulumi.Output[str]:
    """Make a namespace beside the product's, Pod Security at that level; gives its name."""
    made = k8s.core.v1.Namespace(
        logical or space,
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=space, labels={**labels, "pod-security.kubernetes.io/enforce": enforced}
        ),
        opts=opts,
    )
    return made.metadata.name


def _first(found: Sequence[str]) -> str:
    return found[0]
