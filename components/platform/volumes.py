"""How volumes are made where the cluster is a cloud's: encrypted with the product's own key.

Owns the default StorageClass. A volume outlives its claim: what a store kept is not gone by
mistake.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.contracts import VolumeClass
from settings import names


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumesArgs:
    """How the cloud makes them."""

    stack: str
    made_by: VolumeClass


class Volumes(pulumi.ComponentResource):
    """The class of every volume that names no other."""

    name: pulumi.Output[str]

    def __init__(
        self, name: str, args: VolumesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the class."""
        super().__init__("manpasik:platform:Volumes", name, None, opts)
        made = k8s.storage.v1.StorageClass(
            f"{name}-class",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=names.APPLICATION,
                labels=names.labels(names.APPLICATION, "volumes", args.stack),
                annotations={"storageclass.kubernetes.io/is-default-class": "true"},
            ),
            provisioner=args.made_by.provisioner,
            parameters=dict(args.made_by.parameters),
            reclaim_policy="Retain",
            # In the zone of the pod that waits for it.
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = made.metadata.name
        self.register_outputs({"name": self.name})
