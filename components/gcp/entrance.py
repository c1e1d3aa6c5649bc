"""One address on Google's network for some names: TLS 1.2 or newer in front of a URL map.

Shared by the way to the regions and by the edges. The address is the same all over the world, and
it must outlive the rest: names lead to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names

HTTPS = "443"
TTL_SECONDS = 300
SCHEME = "EXTERNAL_MANAGED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entered:
    """What is entered, under which names, and with whose certificates."""

    stack: str
    project: str
    part: str
    certificates: Mapping[str, pulumi.Input[str]]
    """By the names under which it is entered."""
    map: pulumi.Input[str]
    protect: bool


def entrance(name: str, entered: Entered, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Make the address with its certificates; the address is known when it answers."""
    physical = names.cloud(entered.stack, entered.part)
    child = pulumi.ResourceOptions(parent=parent)
    address = gcp.compute.GlobalAddress(
        f"{name}-address",
        name=physical,
        project=entered.project,
        address_type="EXTERNAL",
        opts=pulumi.ResourceOptions(parent=parent, protect=entered.protect),
    )
    modern = gcp.compute.SSLPolicy(
        f"{name}-tls",
        name=physical,
        project=entered.project,
        profile="RESTRICTED",
        min_tls_version="TLS_1_2",
        opts=child,
    )
    proxy = gcp.compute.TargetHttpsProxy(
        f"{name}-proxy",
        name=physical,
        project=entered.project,
        url_map=entered.map,
        ssl_policy=modern.id,
        certificate_map=pulumi.Output.concat(
            "//certificatemanager.googleapis.com/", _certificates(name, entered, parent)
        ),
        opts=child,
    )
    rule = gcp.compute.GlobalForwardingRule(
        f"{name}-rule",
        name=physical,
        project=entered.project,
        ip_address=address.address,
        ip_protocol="TCP",
        port_range=HTTPS,
        load_balancing_scheme=SCHEME,
        target=proxy.id,
        opts=child,
    )
    return pulumi.Output.all(address.address, rule.target).apply(_first)


def _certificates(name: str, entered: Entered, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The certificates by the names that they are for."""
    child = pulumi.ResourceOptions(parent=parent)
    kept = gcp.certificatemanager.CertificateMap(
        f"{name}-certificates",
        name=names.cloud(entered.stack, entered.part),
        project=entered.project,
        opts=child,
    )
    entries = [
        gcp.certificatemanager.CertificateMapEntry(
            f"{name}-{index}-certified",
            name=names.cloud(entered.stack, entered.part, str(index)),
            project=entered.project,
            map=kept.name,
            hostname=host,
            certificates=[certificate],
            opts=child,
        )
        for index, (host, certificate) in enumerate(entered.certificates.items())
    ]
    return pulumi.Output.all(kept.id, *(each.map for each in entries)).apply(_first)


@dataclass(frozen=True, kw_only=True, slots=True)
class Certified:
    """A name that gets a certificate, and where that is proven."""

    stack: str
    project: str
    part: str
    host: str
    zone: pulumi.Input[str]


def certified(name: str, given: Certified, parent: pulumi.Resource) -> pulumi.Output[str]:
    """A certificate of Google's for one name, proven by a record; made once a name."""
    child = pulumi.ResourceOptions(parent=parent)
    physical = names.cloud(given.stack, given.part)
    authorization = gcp.certificatemanager.DnsAuthorization(
        f"{name}-authorization",
        name=physical,
        project=given.project,
        domain=given.host,
        opts=child,
    )
    asked = authorization.dns_resource_records[0]
    record = gcp.dns.RecordSet(
        f"{name}-proof",
        project=given.project,
        managed_zone=given.zone,
        name=asked.name,
        type=asked.type,
        ttl=TTL_SECONDS,
        rrdatas=[asked.data],
        opts=child,
    )
    certificate = gcp.certificatemanager.Certificate(
        f"{name}-certificate",
        name=physical,
        project=given.project,
        managed=gcp.certificatemanager.CertificateManagedArgs(
            domains=[given.host], dns_authorizations=[authorization.id]
        ),
        # Google looks for the record as soon as there is a certificate.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[record]),
    )
    return certificate.id


def _first(found: Sequence[str]) -> str:
    return found[0]
