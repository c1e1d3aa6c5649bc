"""The product's zone: signed, so that nobody leads people to another server by a forged answer.

No log of queries is kept: it would lie in no market's country, and who asks is personal data of
four markets (RES-06).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.loader import Settings

_AUTHORITIES = ('0 issue "pki.goog"', '0 issue "letsencrypt.org"')
_AUTHORITIES_SECONDS = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class DnsArgs:
    """Whose zone it is."""

    settings: Settings
    project: str


class Dns(pulumi.ComponentResource):
    """A public zone; another one has other name servers, and the domain goes dark until told."""

    zone: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the signed zone, and say who may issue its certificates."""
        super().__init__("manpasik:gcp:Dns", name, None, opts)
        domain = args.settings.stack.routing.zone
        zone = gcp.dns.ManagedZone(
            f"{name}-zone",
            name=names.cloud(args.settings.stack_name),
            project=args.project,
            dns_name=f"{domain}.",
            description=f"ManPaSik {args.settings.stack_name}",
            force_destroy=False,
            dnssec_config=gcp.dns.ManagedZoneDnssecConfigArgs(state="on", non_existence="nsec3"),
            cloud_logging_config=gcp.dns.ManagedZoneCloudLoggingConfigArgs(enable_logging=False),
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )
        self.zone = zone.name
        self.name_servers = zone.name_servers
        gcp.dns.RecordSet(
            f"{name}-authorities",
            project=args.project,
            managed_zone=self.zone,
            name=f"{domain}.",
            type="CAA",
            ttl=_AUTHORITIES_SECONDS,
            rrdatas=list(_AUTHORITIES),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"zone": self.zone, "name_servers": self.name_servers})
