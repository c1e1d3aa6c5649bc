"""The stack above the regions on AWS: names, the way to each region, and an edge for each market.

Owns the order. It holds nobody's health data: the app's files, which are public, and logs of the
edges, each market's in a bucket of its own place (RES-06).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.balancer import Balancer, BalancerArgs
from components.aws.buckets import ObjectStore, ObjectStoreArgs
from components.aws.dns import Dns, DnsArgs
from components.aws.edge import Edge, EdgeArgs
from components.aws.firewall import Firewall, FirewallArgs
from components.aws.front_keys import FrontKey, FrontKeyArgs
from components.aws.policies import Statement
from components.contracts import RegionSeen
from settings.cloud import AwsSettings
from settings.loader import Settings
from settings.markets import edge_logs

_FIREWALL_LOGS = "aws-waf-logs-"
"""What Amazon asks the name of a firewall's bucket to begin with."""
_DELIVERY, _CDN = "delivery.logs.amazonaws.com", "cloudfront.amazonaws.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontArgs:
    """Which stack, and the regions that it stands above."""

    settings: Settings
    cloud: AwsSettings
    regions: Mapping[str, RegionSeen]


class Front(pulumi.ComponentResource):
    """Everything of the stack above the regions."""

    name_servers: pulumi.Output[Sequence[str]]
    edges: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: FrontArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the zone, the way to the regions, the app's bucket, then each market's edge."""
        super().__init__("manpasik:aws:Front", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._account = aws.get_caller_identity_output(
            opts=pulumi.InvokeOptions(parent=self)
        ).account_id
        dns = Dns("dns", DnsArgs(settings=args.settings, account=self._account), self._child)
        Balancer(
            "balancer",
            BalancerArgs(settings=args.settings, regions=args.regions, zone=dns.zone),
            self._child,
        )
        app = self._app()
        self.name_servers = dns.name_servers
        self.edges = {
            market: self._edge(market, region, dns, app) for market, region in args.regions.items()
        }
        self.register_outputs({"name_servers": self.name_servers, "edges": dict(self.edges)})

    def _app(self) -> ObjectStore:
        """The app's files; who reads them is logged beside them."""
        home = self._args.cloud.region
        key = self._key("web", home, [_CDN, _DELIVERY])
        logs = self._bucket(
            "access-logs", key, keep_days=self._args.settings.stack.logs.retention_days
        )
        read = Statement(
            sid="Edges",
            actions=["s3:GetObject"],
            resources=["{bucket}/*"],
            services=[_CDN],
            condition={"StringEquals": {"AWS:SourceAccount": self._account}},
        )
        return self._bucket("web", key, logs=logs.name, readers=[read])

    def _edge(
        self, market: str, region: RegionSeen, dns: Dns, app: ObjectStore
    ) -> pulumi.Output[str]:
        settings = self._args.settings
        logs = self._logs(market)
        firewall = FirewallArgs(settings=settings, market=market, logs=logs.reference)
        rules = Firewall(f"firewall-{market}", firewall, self._child).rules
        edge = EdgeArgs(
            settings=settings,
            market=market,
            zone=dns.zone,
            origin=region.host,
            bucket=app.name,
            rules=rules,
            logs=logs.reference,
        )
        return Edge(f"edge-{market}", edge, self._child).host

    def _logs(self, market: str) -> ObjectStore:
        """Who asked for what, in the market's own country."""
        place = edge_logs(self._args.settings, market)
        purpose = f"edge-{market}"
        return self._bucket(
            purpose,
            self._key(purpose, place, [_DELIVERY]),
            keep_days=self._args.settings.stack.logs.retention_days,
            region=place,
            readers=_delivered(self._account),
            prefix=_FIREWALL_LOGS,
        )

    def _key(self, purpose: str, region: str, services: Sequence[str]) -> pulumi.Output[str]:
        args = FrontKeyArgs(
            settings=self._args.settings,
            purpose=purpose,
            region=region,
            account=self._account,
            services=services,
        )
        return FrontKey(f"{purpose}-key", args, self._child).key

    def _bucket(
        self,
        purpose: str,
        key: pulumi.Input[str],
        *,
        keep_days: int | None = None,
        logs: pulumi.Input[str] | None = None,
        region: str | None = None,
        readers: Sequence[Statement] = (),
        prefix: str = "",
    ) -> ObjectStore:
        args = ObjectStoreArgs(
            settings=self._args.settings,
            purpose=purpose,
            owner=self._account,
            key=key,
            keep_days=keep_days,
            logs=logs,
            region=region,
            readers=readers,
            prefix=prefix,
        )
        return ObjectStore(purpose, args, self._child)


def _delivered(account: pulumi.Input[str]) -> list[Statement]:
    """Amazon's delivery writes logs of this account's edges and firewalls, and of nobody else's."""
    ours = {"StringEquals": {"aws:SourceAccount": account}}
    return [
        Statement(
            sid="DeliveredLogs",
            actions=["s3:PutObject"],
            resources=["{bucket}/*"],
            services=[_DELIVERY],
            condition=ours,
        ),
        Statement(
            sid="DeliveryLooks",
            actions=["s3:GetBucketAcl", "s3:ListBucket"],
            resources=["{bucket}"],
            services=[_DELIVERY],
            condition=ours,
        ),
    ]
