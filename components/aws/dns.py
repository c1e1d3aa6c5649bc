"""The product's zone: signed, so that nobody leads people to another server by a forged answer.

No log of queries is kept: Route 53 keeps one in N. Virginia alone, and who asks is personal data of
four markets (RES-06).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.front_keys import EVERYWHERE, FrontKey, FrontKeyArgs
from settings.loader import Settings

_AUTHORITIES = ('0 issue "amazon.com"', '0 issue "letsencrypt.org"')
_AUTHORITIES_SECONDS = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class DnsArgs:
    """Whose zone it is."""

    settings: Settings
    account: pulumi.Input[str]


class Dns(pulumi.ComponentResource):
    """A public zone; another one has other name servers, and the domain goes dark until told."""

    zone: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the zone, sign it, and say who may issue its certificates."""
        super().__init__("manpasik:aws:Dns", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        domain = args.settings.stack.routing.zone
        zone = aws.route53.Zone(
            f"{name}-zone",
            name=domain,
            comment=f"ManPaSik {args.settings.stack_name}",
            force_destroy=False,
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )
        self.zone = zone.zone_id
        self.name_servers = zone.name_servers
        self._sign(name, args)
        aws.route53.Record(
            f"{name}-authorities",
            zone_id=self.zone,
            name=domain,
            type="CAA",
            ttl=_AUTHORITIES_SECONDS,
            records=list(_AUTHORITIES),
            opts=self._child,
        )
        self.register_outputs({"zone": self.zone, "name_servers": self.name_servers})

    def _sign(self, name: str, args: DnsArgs) -> None:
        key = FrontKey(
            f"{name}-signing",
            FrontKeyArgs(
                settings=args.settings,
                purpose="names",
                region=EVERYWHERE,
                account=args.account,
                services=["dnssec-route53.amazonaws.com"],
                signs=True,
            ),
            self._child,
        )
        signing = aws.route53.KeySigningKey(
            f"{name}-signing-key",
            name="manpasik",
            hosted_zone_id=self.zone,
            key_management_service_arn=key.key,
            opts=self._child,
        )
        aws.route53.HostedZoneDnsSec(
            f"{name}-signed",
            hosted_zone_id=signing.hosted_zone_id,
            opts=self._child,
        )
