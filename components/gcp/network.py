"""The network of a stack: private nodes in up to three zones, one way out, nothing that leads in.

Owns VPC, subnets, the way out, flow logs and the private ways to Google's own services. What leads
in is a load balancer, which stands in no subnet. Addresses come from settings/network.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.cloud import GcpSettings
from settings.loader import Settings
from settings.network import Layout
from settings.regions import Region

ZONES = 3
LAST = 65534
"""The lowest priority that a rule can have above Google's own."""
PODS, SERVICES = "pods", "services"
"""Names of the subnet's ranges for the cluster."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkArgs:
    """Where it lies."""

    settings: Settings
    cloud: GcpSettings
    layout: Layout
    region: Region
    project: str


class Network(pulumi.ComponentResource):
    """A VPC with a subnet for nodes and a range for managed stores."""

    id: pulumi.Output[str]
    nodes: Sequence[pulumi.Output[str]]
    """The subnet of nodes, which spans all zones."""
    data: Sequence[pulumi.Output[str]]
    """The range of managed stores, known when the way to it is there."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the VPC, its subnets, the way out, then the way to managed stores."""
        super().__init__("manpasik:gcp:Network", name, None, opts)
        self._args = args
        self._physical = names.cloud(args.settings.stack_name)
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = gcp.compute.Network(
            "vpc",
            name=self._physical,
            project=args.project,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=self._child,
        )
        self.id = vpc.id
        self._refuse()
        nodes = self._nodes(args.layout)
        self._proxies(args.layout.region().proxies)
        self._way_out(nodes)
        self.nodes = [nodes.id]
        self.data = [self._managed(args.layout.region().managed)]
        self.register_outputs({"id": self.id, "nodes": self.nodes, "data": self.data})

    def _refuse(self) -> None:
        """The last rule says what is true without it, so that what was refused is logged."""
        gcp.compute.Firewall(
            "refused",
            name=names.cloud(self._args.settings.stack_name, "refused"),
            project=self._args.project,
            network=self.id,
            direction="INGRESS",
            priority=LAST,
            source_ranges=["0.0.0.0/0"],
            denies=[gcp.compute.FirewallDenyArgs(protocol="all")],
            log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
            opts=self._child,
        )

    def _nodes(self, layout: Layout) -> gcp.compute.Subnetwork:
        ranges = layout.region()
        inner = {PODS: ranges.pods, SERVICES: layout.services}
        return gcp.compute.Subnetwork(
            "nodes",
            name=names.cloud(self._args.settings.stack_name, "nodes"),
            project=self._args.project,
            region=self._args.cloud.region,
            network=self.id,
            ip_cidr_range=str(ranges.nodes),
            secondary_ip_ranges=[
                gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=n, ip_cidr_range=str(cidr))
                for n, cidr in inner.items()
            ],
            stack_type="IPV4_ONLY",
            private_ip_google_access=True,
            log_config=gcp.compute.SubnetworkLogConfigArgs(
                aggregation_interval="INTERVAL_5_SEC",
                flow_sampling=1.0,
                metadata="INCLUDE_ALL_METADATA",
            ),
            opts=self._child,
        )

    def _proxies(self, cidr: IPv4Network) -> None:
        gcp.compute.Subnetwork(
            "proxies",
            name=names.cloud(self._args.settings.stack_name, "proxies"),
            project=self._args.project,
            region=self._args.cloud.region,
            network=self.id,
            ip_cidr_range=str(cidr),
            purpose="REGIONAL_MANAGED_PROXY",
            role="ACTIVE",
            opts=self._child,
        )

    def _way_out(self, nodes: gcp.compute.Subnetwork) -> None:
        router = gcp.compute.Router(
            "egress-router",
            name=self._physical,
            project=self._args.project,
            region=self._args.cloud.region,
            network=self.id,
            opts=self._child,
        )
        gcp.compute.RouterNat(
            "egress",
            name=self._physical,
            project=self._args.project,
            region=self._args.cloud.region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                gcp.compute.RouterNatSubnetworkArgs(
                    name=nodes.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"]
                )
            ],
            log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=self._child,
        )

    def _managed(self, cidr: IPv4Network) -> pulumi.Output[str]:
        reserved = gcp.compute.GlobalAddress(
            "managed-range",
            name=names.cloud(self._args.settings.stack_name, "managed"),
            project=self._args.project,
            network=self.id,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=str(cidr.network_address),
            prefix_length=cidr.prefixlen,
            opts=self._child,
        )
        connection = gcp.servicenetworking.Connection(
            "managed-connection",
            network=self.id,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[reserved.name],
            opts=self._child,
        )
        return pulumi.Output.all(reserved.name, connection.network).apply(_first)


def _first(found: Sequence[str]) -> str:
    return found[0]
