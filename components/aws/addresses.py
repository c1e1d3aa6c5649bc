"""The fixed addresses of a region's way in, one in each zone of its nodes.

The stack above the regions leads to them by DNS or through Global Accelerator, so they must outlive
the load balancer, which a controller in the cluster makes from the mesh's Service.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from settings import names
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressesArgs:
    """Whose addresses they are."""

    settings: Settings


class Addresses(pulumi.ComponentResource):
    """An address in each of the nodes' zones; without one a client's bookmark leads nowhere."""

    addresses: pulumi.Output[Sequence[str]]
    references: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: AddressesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Reserve them."""
        super().__init__("manpasik:aws:Addresses", name, None, opts)
        protected = pulumi.ResourceOptions(parent=self, protect=args.settings.protected)
        made = [
            aws.ec2.Eip(
                f"{name}-{index}",
                domain="vpc",
                tags={"Name": names.cloud(args.settings.stack_name, "entrance", str(index))},
                opts=protected,
            )
            for index in range(args.settings.nodes.zones)
        ]
        self.addresses = pulumi.Output.all(*(each.public_ip for each in made)).apply(_texts)
        self.references = pulumi.Output.all(*(each.allocation_id for each in made)).apply(_texts)
        self.register_outputs({"addresses": self.addresses, "references": self.references})


def _texts(values: Sequence[str]) -> Sequence[str]:
    return list(values)
