"""The stack above the regions on Google Cloud: names, ways to the regions, an edge for each market.

Owns the order. It holds nobody's health data: the app's files, which are public, and logs of the
edges, each market's in a bucket of its own place (RES-06).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.contracts import RegionSeen
from components.gcp.apis import FRONT, switched_on
from components.gcp.balancer import Balancer, BalancerArgs
from components.gcp.buckets import ObjectStore, ObjectStoreArgs
from components.gcp.dns import Dns, DnsArgs
from components.gcp.edge import Edge, EdgeArgs
from components.gcp.firewall import Firewall, FirewallArgs
from components.gcp.front_keys import FrontKey, FrontKeyArgs
from components.gcp.logs import EdgeLogs, keep_edge_logs, keep_no_others
from settings import names
from settings.cloud import GcpSettings
from settings.loader import Settings
from settings.markets import edge_logs

_STORAGE, _LOGGING = "gs-project-accounts", "gcp-sa-logging"
_CACHES = "serviceAccount:service-{}@cloud-cdn-fill.iam.gserviceaccount.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontArgs:
    """Which stack, and the regions that it stands above."""

    settings: Settings
    cloud: GcpSettings
    regions: Mapping[str, RegionSeen]


class Front(pulumi.ComponentResource):
    """Everything of the stack above the regions."""

    name_servers: pulumi.Output[Sequence[str]]
    edges: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: FrontArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the zone, the way to the regions, the app's bucket, then each market's edge."""
        super().__init__("manpasik:gcp:Front", name, None, opts)
        self._args = args
        self._project = args.cloud.project or names.project(args.settings.stack.environment)
        ready = switched_on(self._project, self, FRONT)
        # A service that is switched off refuses, and no value of its switch leads to these.
        self._child = pulumi.ResourceOptions(parent=self, depends_on=ready)
        self._number = gcp.organizations.get_project_output(
            project_id=self._project, opts=pulumi.InvokeOutputOptions(parent=self)
        ).number
        dns = Dns("dns", DnsArgs(settings=args.settings, project=self._project), self._child)
        rules = {market: self._firewall(market) for market in args.regions}
        balancer = BalancerArgs(
            settings=args.settings,
            regions=args.regions,
            zone=dns.zone,
            project=self._project,
            rules=rules,
        )
        Balancer("balancer", balancer, self._child)
        app = self._app()
        self._logs()
        self.name_servers = dns.name_servers
        self.edges = {
            market: self._edge(market, region, dns, app, rules[market])
            for market, region in args.regions.items()
        }
        self.register_outputs({"name_servers": self.name_servers, "edges": dict(self.edges)})

    def _firewall(self, market: str) -> pulumi.Output[str]:
        args = FirewallArgs(settings=self._args.settings, market=market, project=self._project)
        return Firewall(f"firewall-{market}", args, self._child).rules

    def _app(self) -> ObjectStore:
        """The app's files; who reads them is logged beside them."""
        key = self._key("web", self._args.cloud.region, [_STORAGE])
        days = self._args.settings.stack.logs.retention_days
        logs = self._bucket("access-logs", key, keep_days=days)
        made = self._bucket("web", key, logs=logs.name)
        gcp.storage.BucketIAMMember(
            "web-read",
            bucket=made.name,
            role="roles/storage.objectViewer",
            member=pulumi.Output.format(_CACHES, self._number),
            opts=self._child,
        )
        return made

    def _logs(self) -> None:
        """Who asked for what, each market's in its own country, and nowhere else."""
        sinks: list[pulumi.Resource] = []
        for market in self._args.regions:
            place = edge_logs(self._args.settings, market)
            logs = EdgeLogs(
                stack=self._args.settings.stack_name,
                project=self._project,
                market=market,
                region=place,
                days=self._args.settings.stack.logs.retention_days,
                key=self._key(f"edge-{market}", place, [_LOGGING]),
            )
            sinks.append(keep_edge_logs(logs, self))
        keep_no_others(self._args.settings.stack_name, self._project, sinks, self)

    def _edge(
        self,
        market: str,
        region: RegionSeen,
        dns: Dns,
        app: ObjectStore,
        rules: pulumi.Input[str],
    ) -> pulumi.Output[str]:
        edge = EdgeArgs(
            settings=self._args.settings,
            market=market,
            zone=dns.zone,
            origin=region.host,
            address=region.addresses.apply(lambda found: found[0]),
            bucket=app.name,
            rules=rules,
            project=self._project,
        )
        return Edge(f"edge-{market}", edge, self._child).host

    def _key(self, purpose: str, region: str, services: Sequence[str]) -> pulumi.Output[str]:
        args = FrontKeyArgs(
            settings=self._args.settings,
            purpose=purpose,
            region=region,
            project=self._project,
            number=self._number,
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
    ) -> ObjectStore:
        args = ObjectStoreArgs(
            settings=self._args.settings,
            cloud=self._args.cloud,
            project=self._project,
            purpose=purpose,
            owner=self._project,
            key=key,
            keep_days=keep_days,
            logs=logs,
        )
        return ObjectStore(purpose, args, self._child)
