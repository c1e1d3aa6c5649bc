"""The network of a stack: private nodes in up to three zones, one way out, nothing that leads in.

Owns VPC, subnets, routes, the way out, flow logs and the private ways to Amazon's own services.
Only load balancers stand in the public subnets. Addresses come from settings/network.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.logs import log_group
from components.aws.policies import Statement, role, trust
from settings import names
from settings.cloud import AwsSettings
from settings.loader import Settings
from settings.network import Layout, ZoneSubnets
from settings.regions import Region

ZONES = 3
_PRIVATE_SERVICES = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "ssm",
    "ssmmessages",
    "sts",
)
"""What nodes talk to all the time: these calls never leave Amazon's network."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkArgs:
    """Where it lies, and what its logs are encrypted with."""

    settings: Settings
    cloud: AwsSettings
    layout: Layout
    region: Region
    logs_key: pulumi.Input[str]


class Network(pulumi.ComponentResource):
    """A VPC with subnets for nodes, data and load balancers."""

    id: pulumi.Output[str]
    nodes: Sequence[pulumi.Output[str]]
    """Subnets of nodes, one a zone."""
    data: Sequence[pulumi.Output[str]]
    """Subnets of managed stores: no way out of them."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the VPC, a set of subnets per zone, then the ways out and their record."""
        super().__init__("manpasik:aws:Network", name, None, opts)
        self._args = args
        self._stack = args.settings.stack_name
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = self._vpc()
        self.id = vpc.id
        places = [
            args.layout.zone(zone, index)
            for index, zone in enumerate(args.region.aws.zones[:ZONES])
        ]
        public = [self._subnet("public", i, p, str(p.public)) for i, p in enumerate(places)]
        nodes = [self._subnet("nodes", i, p, str(p.nodes)) for i, p in enumerate(places)]
        data = [self._subnet("data", i, p, str(p.data)) for i, p in enumerate(places)]
        outside = self._public_route(public)
        tables = [self._nodes_route(i, g) for i, g in enumerate(self._ways_out(public, outside))]
        for index, subnet in enumerate(nodes):
            self._routed("nodes", index, subnet, tables[min(index, len(tables) - 1)])
        closed = self._table("data")
        for index, subnet in enumerate(data):
            self._routed("data", index, subnet, closed)
        self._private_services(nodes, [*tables, closed])
        self._flow_logs()
        self.nodes = [subnet.id for subnet in nodes]
        self.data = [subnet.id for subnet in data]
        self.register_outputs({"id": self.id, "nodes": self.nodes, "data": self.data})

    def _vpc(self) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block=str(self._args.layout.block),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("network"),
            opts=self._child,
        )
        # Without rules of its own the default group lets its members talk to each other.
        aws.ec2.DefaultSecurityGroup("default-group", vpc_id=vpc.id, opts=self._child)
        return vpc

    def _subnet(self, kind: str, index: int, place: ZoneSubnets, cidr: str) -> aws.ec2.Subnet:
        purpose = {"public": "kubernetes.io/role/elb", "nodes": "kubernetes.io/role/internal-elb"}
        marks = {purpose[kind]: "1"} if kind in purpose else {}
        return aws.ec2.Subnet(
            f"{kind}-{index}",
            vpc_id=self.id,
            cidr_block=cidr,
            availability_zone=place.zone,
            map_public_ip_on_launch=False,
            tags=self._named(f"{kind}-{index}") | marks,
            opts=self._child,
        )

    def _public_route(self, subnets: Sequence[aws.ec2.Subnet]) -> aws.ec2.InternetGateway:
        gateway = aws.ec2.InternetGateway(
            "internet", vpc_id=self.id, tags=self._named("internet"), opts=self._child
        )
        table = self._table("public")
        self._default_route("public", table, gateway_id=gateway.id)
        for index, subnet in enumerate(subnets):
            self._routed("public", index, subnet, table)
        return gateway

    def _ways_out(
        self, public: Sequence[aws.ec2.Subnet], outside: aws.ec2.InternetGateway
    ) -> list[aws.ec2.NatGateway]:
        """One a zone where the nodes are in several: a lost zone takes no other's with it."""
        made: list[aws.ec2.NatGateway] = []
        for index in range(min(self._args.settings.nodes.zones, len(public))):
            address = aws.ec2.Eip(
                f"egress-{index}-address",
                domain="vpc",
                tags=self._named(f"egress-{index}"),
                opts=self._child,
            )
            gateway = aws.ec2.NatGateway(
                f"egress-{index}",
                allocation_id=address.id,
                subnet_id=public[index].id,
                tags=self._named(f"egress-{index}"),
                # The way to the internet is an edge that no value carries.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[outside]),
            )
            made.append(gateway)
        return made

    def _nodes_route(self, index: int, gateway: aws.ec2.NatGateway) -> aws.ec2.RouteTable:
        table = self._table(f"nodes-{index}")
        self._default_route(f"nodes-{index}", table, nat_gateway_id=gateway.id)
        return table

    def _default_route(
        self,
        name: str,
        table: aws.ec2.RouteTable,
        *,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> None:
        aws.ec2.Route(
            f"{name}-default",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway_id,
            nat_gateway_id=nat_gateway_id,
            opts=self._child,
        )

    def _table(self, name: str) -> aws.ec2.RouteTable:
        tags = self._named(name)
        return aws.ec2.RouteTable(f"{name}-routes", vpc_id=self.id, tags=tags, opts=self._child)

    def _routed(
        self, kind: str, index: int, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable
    ) -> None:
        aws.ec2.RouteTableAssociation(
            f"{kind}-{index}-routed",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self._child,
        )

    def _private_services(
        self, nodes: Sequence[aws.ec2.Subnet], tables: Sequence[aws.ec2.RouteTable]
    ) -> None:
        region, block = self._args.cloud.region, str(self._args.layout.block)
        group = aws.ec2.SecurityGroup(
            "services-group",
            name=names.cloud(self._stack, "services"),
            description="Private ways to AWS services",
            vpc_id=self.id,
            ingress=[
                aws.ec2.SecurityGroupIngressArgs(
                    description="HTTPS from the network",
                    protocol="tcp",
                    from_port=443,
                    to_port=443,
                    cidr_blocks=[block],
                )
            ],
            opts=self._child,
        )
        aws.ec2.VpcEndpoint(
            "s3-endpoint",
            vpc_id=self.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            opts=self._child,
        )
        for service in _PRIVATE_SERVICES:
            aws.ec2.VpcEndpoint(
                f"{service.replace('.', '-')}-endpoint",
                vpc_id=self.id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[subnet.id for subnet in nodes],
                security_group_ids=[group.id],
                opts=self._child,
            )

    def _flow_logs(self) -> None:
        physical = names.cloud(self._stack, "flow-logs")
        group = log_group("flow", f"/aws/vpc/{physical}", self._args.logs_key, self)
        writer = role(
            "flow-logs",
            physical,
            trust("vpc-flow-logs.amazonaws.com"),
            self,
            statements=[
                Statement(
                    sid="Write",
                    actions=[
                        "logs:CreateLogStream",
                        "logs:DescribeLogStreams",
                        "logs:PutLogEvents",
                    ],
                    resources=[group.arn, pulumi.Output.concat(group.arn, ":log-stream:*")],
                )
            ],
        )
        aws.ec2.FlowLog(
            "flow-log",
            vpc_id=self.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=writer.arn,
            opts=self._child,
        )

    def _named(self, part: str) -> dict[str, str]:
        return {"Name": names.cloud(self._stack, part)}


def from_nodes(
    kind: str,
    store: str,
    port: int,
    network: pulumi.Input[str],
    clients: pulumi.Input[str],
    stack_name: str,
    opts: pulumi.ResourceOptions,
) -> aws.ec2.SecurityGroup:
    """The way to a managed store: its port, from the nodes' security group alone."""
    return aws.ec2.SecurityGroup(
        f"{kind}-group",
        name=names.cloud(stack_name, kind),
        description=f"{store} from the cluster",
        vpc_id=network,
        ingress=[
            aws.ec2.SecurityGroupIngressArgs(
                description=f"{store} from the nodes",
                protocol="tcp",
                from_port=port,
                to_port=port,
                security_groups=[clients],
            )
        ],
        opts=opts,
    )
