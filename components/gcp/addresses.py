"""The fixed address of a region's way in, under the load balancer in front of the mesh.

The stack above the regions leads to it, so it must outlive the load balancer, which the cluster
makes from the mesh's Service. A forwarding rule spans the region's zones: one address is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.cloud import GcpSettings
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressesArgs:
    """Whose address it is."""

    settings: Settings
    cloud: GcpSettings
    project: str


class Addresses(pulumi.ComponentResource):
    """One address of the region; without it a client's bookmark leads nowhere."""

    addresses: pulumi.Output[Sequence[str]]
    references: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: AddressesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Reserve it."""
        super().__init__("manpasik:gcp:Addresses", name, None, opts)
        physical = names.cloud(args.settings.stack_name, "entrance")
        made = gcp.compute.Address(
            f"{name}-0",
            name=physical,
            project=args.project,
            region=args.cloud.region,
            address_type="EXTERNAL",
            network_tier="PREMIUM",
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )
        self.addresses = made.address.apply(_alone)
        self.references = made.name.apply(_alone)
        self.register_outputs({"addresses": self.addresses, "references": self.references})


def _alone(value: str) -> Sequence[str]:
    return [value]
