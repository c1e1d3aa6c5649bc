"""The way of a request to its region: Route 53 with health checks, or Global Accelerator.

Each market has a name of its own, `<market>.<host>`, that leads to its region and nowhere else,
unless the settings name a failover. The common name leads a caller to the region of the country
that asks, or to the nearest. None of it changes in a switch of colours (D-8), and a failover is
DNS: about a minute and a half until clients see it (pitfall C-10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.contracts import RegionSeen
from settings import markets, names
from settings.front import market_host
from settings.loader import Settings

TTL_SECONDS = 60
PROBE_SECONDS = 10
FAILURES = 3
HEALTH_PATH = "/health"
HTTPS = 443
_Geography = aws.route53.RecordGeolocationRoutingPolicyArgs
_Latency = aws.route53.RecordLatencyRoutingPolicyArgs
_Failover = aws.route53.RecordFailoverRoutingPolicyArgs
_Alias = aws.route53.RecordAliasArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class BalancerArgs:
    """The regions, and the zone in which they get names."""

    settings: Settings
    regions: Mapping[str, RegionSeen]
    zone: pulumi.Input[str]


class Balancer(pulumi.ComponentResource):
    """Names that lead to healthy regions."""

    host: pulumi.Output[str]
    """The common name."""

    def __init__(
        self, name: str, args: BalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make each market's name, then the common one."""
        super().__init__("manpasik:aws:Balancer", name, None, opts)
        self._args, self._name = args, name
        self._child = pulumi.ResourceOptions(parent=self)
        self._common = args.settings.host or args.settings.stack.routing.zone
        checks = {market: self._check(market, each) for market, each in args.regions.items()}
        for market, region in args.regions.items():
            self._market(market, region, checks[market])
        if args.settings.stack.routing.accelerator:
            self._accelerate()
        else:
            for market, region in args.regions.items():
                self._lead(market, region)
        self.host = pulumi.Output.from_input(self._common)
        self.register_outputs({"host": self.host})

    def _check(self, market: str, region: RegionSeen) -> aws.route53.HealthCheck:
        """Asks the region itself, from several places, with its certificate."""
        return aws.route53.HealthCheck(
            f"{self._name}-{market}-health",
            type="HTTPS",
            fqdn=region.host,
            ip_address=region.addresses.apply(lambda found: found[0]),
            port=HTTPS,
            resource_path=HEALTH_PATH,
            enable_sni=True,
            request_interval=PROBE_SECONDS,
            failure_threshold=FAILURES,
            measure_latency=True,
            tags={"Name": names.cloud(self._args.settings.stack_name, market)},
            opts=self._child,
        )

    def _market(self, market: str, region: RegionSeen, check: aws.route53.HealthCheck) -> None:
        host = market_host(market, self._common)
        targets = self._args.settings.stack.routing.failover.get(market, ())
        aws.route53.Record(
            f"{self._name}-{market}",
            zone_id=self._args.zone,
            name=host,
            type="A",
            ttl=TTL_SECONDS,
            records=region.addresses,
            health_check_id=check.id,
            set_identifier=market if targets else None,
            failover_routing_policies=[_Failover(type="PRIMARY")] if targets else None,
            opts=self._child,
        )
        for target in targets:
            aws.route53.Record(
                f"{self._name}-{market}-without",
                zone_id=self._args.zone,
                name=host,
                type="A",
                ttl=TTL_SECONDS,
                records=self._args.regions[target].addresses,
                set_identifier=target,
                failover_routing_policies=[_Failover(type="SECONDARY")],
                opts=self._child,
            )

    def _lead(self, market: str, region: RegionSeen) -> None:
        """Lead the common name to a market's own, where that is healthy."""
        if self._args.settings.stack.routing.by == "latency":
            nearest = [_Latency(region=region.place)]
            self._alias(f"{market}-nearest", market, market, latency_routing_policies=nearest)
            return
        for country in markets.countries(self._args.settings, market):
            here = [_Geography(country=country)]
            part = f"{market}-from-{country.lower()}"
            self._alias(part, market, country, geolocation_routing_policies=here)

    def _alias(
        self,
        part: str,
        market: str,
        identifier: str,
        *,
        latency_routing_policies: list[_Latency] | None = None,
        geolocation_routing_policies: list[_Geography] | None = None,
    ) -> None:
        aws.route53.Record(
            f"{self._name}-{part}",
            zone_id=self._args.zone,
            name=self._common,
            type="A",
            set_identifier=identifier,
            aliases=[
                _Alias(
                    name=market_host(market, self._common),
                    zone_id=self._args.zone,
                    evaluate_target_health=True,
                )
            ],
            latency_routing_policies=latency_routing_policies,
            geolocation_routing_policies=geolocation_routing_policies,
            opts=self._child,
        )

    def _accelerate(self) -> None:
        """Two fixed addresses in front of all regions; Amazon's network leads to the nearest."""
        accelerator = aws.globalaccelerator.Accelerator(
            f"{self._name}-accelerator",
            name=names.cloud(self._args.settings.stack_name),
            ip_address_type="IPV4",
            opts=self._child,
        )
        listener = aws.globalaccelerator.Listener(
            f"{self._name}-listener",
            accelerator_arn=accelerator.arn,
            protocol="TCP",
            client_affinity="SOURCE_IP",
            port_ranges=[
                aws.globalaccelerator.ListenerPortRangeArgs(from_port=HTTPS, to_port=HTTPS)
            ],
            opts=self._child,
        )
        for market, region in self._args.regions.items():
            aws.globalaccelerator.EndpointGroup(
                f"{self._name}-{market}-group",
                listener_arn=listener.arn,
                endpoint_group_region=region.place,
                endpoint_configurations=region.references.apply(_endpoints),
                health_check_protocol="TCP",
                health_check_port=HTTPS,
                health_check_interval_seconds=PROBE_SECONDS,
                threshold_count=FAILURES,
                opts=self._child,
            )
        aws.route53.Record(
            f"{self._name}-common",
            zone_id=self._args.zone,
            name=self._common,
            type="A",
            aliases=[
                _Alias(
                    name=accelerator.dns_name,
                    zone_id=accelerator.hosted_zone_id,
                    evaluate_target_health=True,
                )
            ],
            opts=self._child,
        )


def _endpoints(
    references: Sequence[str],
) -> list[aws.globalaccelerator.EndpointGroupEndpointConfigurationArgs]:
    configuration = aws.globalaccelerator.EndpointGroupEndpointConfigurationArgs
    return [configuration(endpoint_id=each, weight=128) for each in references]
