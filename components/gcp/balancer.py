"""The way of a request to its region: a global load balancer for each market, and geographic DNS.

Each market has a name of its own, `<market>.<host>`, whose address leads to its region and nowhere
else, unless the settings name a failover. The common name leads a caller to the market nearest; by
geography no other market answers in its place. None of it changes in a switch of colours (D-8).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.contracts import RegionSeen
from components.gcp.entrance import SCHEME, Certified, Entered, certified, entrance
from settings import names
from settings.front import market_host
from settings.loader import Settings
from settings.markets import place_of

TTL_SECONDS = 60
HTTPS = 443
HEALTH_PATH = "/health"
PROBE_SECONDS = 30
FAILURES = 3
_PROBED_FROM = ("asia-northeast1", "europe-west1", "us-east1")
"""Three places that ask, as Google wants of a check over the internet; no data of anybody's."""
_Geo = gcp.dns.RecordSetRoutingPolicyGeoArgs
_Checked = gcp.dns.RecordSetRoutingPolicyGeoHealthCheckedTargetsArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class BalancerArgs:
    """The regions, and the zone in which they get names."""

    settings: Settings
    regions: Mapping[str, RegionSeen]
    zone: pulumi.Input[str]
    project: str
    rules: Mapping[str, pulumi.Input[str]]
    """Each market's firewall."""


class Balancer(pulumi.ComponentResource):
    """Names that lead to healthy regions."""

    host: pulumi.Output[str]
    """The common name."""

    def __init__(
        self, name: str, args: BalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make each market's balancer and name, then the common one."""
        super().__init__("manpasik:gcp:Balancer", name, None, opts)
        self._args, self._name = args, name
        self._child = pulumi.ResourceOptions(parent=self)
        self._common = args.settings.host or args.settings.stack.routing.zone
        self._common_certificate = self._certificate("common", self._common)
        found = {market: self._market(market, each) for market, each in args.regions.items()}
        check = self._check()
        for market in args.regions:
            self._market_name(market, found, check)
        self._common_name(found, check)
        self.host = pulumi.Output.from_input(self._common)
        self.register_outputs({"host": self.host})

    def _market(self, market: str, region: RegionSeen) -> pulumi.Output[str]:
        """The address that leads to one region."""
        args, settings = self._args, self._args.settings
        service = backend(
            f"{self._name}-{market}",
            Backend(
                stack=settings.stack_name,
                part=f"api-{market}",
                project=args.project,
                host=region.host,
                address=region.addresses.apply(lambda given: given[0]),
                rules=args.rules[market],
            ),
            self,
        )
        host = market_host(market, self._common)
        leads = gcp.compute.URLMap(
            f"{self._name}-{market}-map",
            name=names.cloud(settings.stack_name, f"api-{market}"),
            project=args.project,
            default_service=service,
            opts=self._child,
        )
        entered = Entered(
            stack=settings.stack_name,
            project=args.project,
            part=f"api-{market}",
            certificates={
                host: self._certificate(market, host),
                self._common: self._common_certificate,
            },
            map=leads.id,
            protect=settings.protected,
        )
        return entrance(f"{self._name}-{market}", entered, self)

    def _certificate(self, part: str, host: str) -> pulumi.Output[str]:
        given = Certified(
            stack=self._args.settings.stack_name,
            project=self._args.project,
            part=f"api-{part}",
            host=host,
            zone=self._args.zone,
        )
        return certified(f"{self._name}-{part}", given, self)

    def _check(self) -> pulumi.Output[str]:
        """Asks every market's address, and so its region behind it."""
        made = gcp.compute.HealthCheck(
            f"{self._name}-health",
            name=names.cloud(self._args.settings.stack_name, "regions"),
            project=self._args.project,
            check_interval_sec=PROBE_SECONDS,
            unhealthy_threshold=FAILURES,
            source_regions=list(_PROBED_FROM),
            https_health_check=gcp.compute.HealthCheckHttpsHealthCheckArgs(
                port=HTTPS, request_path=HEALTH_PATH, host=self._common
            ),
            log_config=gcp.compute.HealthCheckLogConfigArgs(enable=True),
            opts=self._child,
        )
        return made.id

    def _market_name(
        self,
        market: str,
        found: Mapping[str, pulumi.Output[str]],
        check: pulumi.Input[str],
    ) -> None:
        targets = self._args.settings.stack.routing.failover.get(market, ())
        policy = None
        if targets:
            primary = gcp.dns.RecordSetRoutingPolicyPrimaryBackupPrimaryArgs(
                external_endpoints=[found[market]]
            )
            backups = [
                gcp.dns.RecordSetRoutingPolicyPrimaryBackupBackupGeoArgs(
                    location=place_of(self._args.settings, target),
                    health_checked_targets=gcp.dns.RecordSetRoutingPolicyPrimaryBackupBackupGeoHealthCheckedTargetsArgs(
                        external_endpoints=[found[target]]
                    ),
                )
                for target in targets
            ]
            policy = gcp.dns.RecordSetRoutingPolicyArgs(
                health_check=check,
                primary_backup=gcp.dns.RecordSetRoutingPolicyPrimaryBackupArgs(
                    primary=primary, backup_geos=backups
                ),
            )
        self._record(market, market_host(market, self._common), found[market], policy)

    def _common_name(
        self, found: Mapping[str, pulumi.Output[str]], check: pulumi.Input[str]
    ) -> None:
        routing = self._args.settings.stack.routing
        geos = [
            _Geo(
                location=place_of(self._args.settings, market),
                health_checked_targets=_Checked(external_endpoints=[address]),
            )
            for market, address in found.items()
        ]
        policy = gcp.dns.RecordSetRoutingPolicyArgs(
            geos=geos, enable_geo_fencing=routing.by == "geography", health_check=check
        )
        self._record("common", self._common, None, policy)

    def _record(
        self,
        part: str,
        host: str,
        address: pulumi.Input[str] | None,
        policy: gcp.dns.RecordSetRoutingPolicyArgs | None,
    ) -> None:
        gcp.dns.RecordSet(
            f"{self._name}-{part}-name",
            project=self._args.project,
            managed_zone=self._args.zone,
            name=f"{host}.",
            type="A",
            ttl=TTL_SECONDS,
            rrdatas=[address] if address is not None and policy is None else None,
            routing_policy=policy,
            opts=self._child,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Backend:
    """A region's way in as a load balancer reaches it."""

    stack: str
    part: str
    project: str
    host: pulumi.Input[str]
    address: pulumi.Input[str]
    rules: pulumi.Input[str]


def backend(name: str, to: Backend, parent: pulumi.Resource) -> pulumi.Output[str]:
    """A service that leads there by TLS under the region's name, and keeps no answer (RES-08)."""
    child = pulumi.ResourceOptions(parent=parent)
    group = gcp.compute.GlobalNetworkEndpointGroup(
        f"{name}-group",
        name=names.cloud(to.stack, to.part),
        project=to.project,
        network_endpoint_type="INTERNET_IP_PORT",
        default_port=HTTPS,
        opts=child,
    )
    endpoint = gcp.compute.GlobalNetworkEndpoint(
        f"{name}-endpoint",
        project=to.project,
        global_network_endpoint_group=group.name,
        ip_address=to.address,
        port=HTTPS,
        opts=child,
    )
    made = gcp.compute.BackendService(
        f"{name}-service",
        name=names.cloud(to.stack, to.part),
        project=to.project,
        protocol="HTTPS",
        load_balancing_scheme=SCHEME,
        enable_cdn=False,
        security_policy=to.rules,
        custom_request_headers=[pulumi.Output.concat("Host: ", to.host)],
        backends=[gcp.compute.BackendServiceBackendArgs(group=group.id)],
        log_config=gcp.compute.BackendServiceLogConfigArgs(enable=True, sample_rate=1.0),
        # The group is empty without its endpoint, and no value of it leads there.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[endpoint]),
    )
    return made.id
