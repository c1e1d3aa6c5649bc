"""One market's edge: CloudFront before the web app and before paths that go to the API (R-P4-CDN).

A distribution a market, so that each market's logs go to a bucket in its own country (RES-06). The
bucket of the app is private: only CloudFront reads it, with a signature (origin access control).
"""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.aws.cdn_policies import headers, kept_for
from components.aws.front_keys import EVERYWHERE
from components.edge import web
from settings import names
from settings.front import market_host
from settings.loader import Settings

WEB, API = "web", "api"
_ZONE = "Z2FDTNDATAQYW2"
"""The zone of every distribution's own name."""
_NEVER_KEPT = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""Amazon's own cache policy CachingDisabled."""
_AS_ASKED = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""Amazon's own request policy AllViewerExceptHostHeader."""
_READ, _ALL = ["GET", "HEAD"], ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_TLS = "TLSv1.2_2021"
_VALIDATION_SECONDS = 300
_Ordered = aws.cloudfront.DistributionOrderedCacheBehaviorArgs
_Default = aws.cloudfront.DistributionDefaultCacheBehaviorArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeArgs:
    """Whose edge, what it stands before, and what guards it."""

    settings: Settings
    market: str
    zone: pulumi.Input[str]
    origin: pulumi.Input[str]
    """The region's public host: where requests for the API go on to."""
    bucket: pulumi.Input[str]
    rules: pulumi.Input[str]
    """The firewall."""
    logs: pulumi.Input[str]


class Edge(pulumi.ComponentResource):
    """The web app of one market, all over the world."""

    host: pulumi.Output[str]

    def __init__(
        self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the certificate, the policies, the distribution, its name and its log."""
        super().__init__("manpasik:aws:Edge", name, None, opts)
        self._args, self._name = args, name
        self._child = pulumi.ResourceOptions(parent=self)
        self._physical = names.cloud(args.settings.stack_name, args.market)
        edge = args.settings.stack.edge
        self._host = market_host(args.market, edge.host)
        seconds = sorted({0, *(each.seconds for each in edge.behaviours.values())})
        self._kept = {each: kept_for(name, each, self._physical, self) for each in seconds if each}
        api = market_host(args.market, args.settings.host or "")
        self._told = {each: headers(name, each, self._physical, api, self) for each in seconds}
        made = self._distribution(self._certificate())
        self._name_it(made)
        self._log(made)
        self.host = pulumi.Output.from_input(self._host)
        self.register_outputs({"host": self.host})

    def _certificate(self) -> pulumi.Output[str]:
        certificate = aws.acm.Certificate(
            f"{self._name}-certificate",
            domain_name=self._host,
            region=EVERYWHERE,
            validation_method="DNS",
            opts=self._child,
        )
        asked = certificate.domain_validation_options[0]
        proof = aws.route53.Record(
            f"{self._name}-proof",
            zone_id=self._args.zone,
            name=asked.resource_record_name,
            type=asked.resource_record_type,
            ttl=_VALIDATION_SECONDS,
            records=[asked.resource_record_value],
            opts=self._child,
        )
        valid = aws.acm.CertificateValidation(
            f"{self._name}-valid",
            certificate_arn=certificate.arn,
            region=EVERYWHERE,
            validation_record_fqdns=[proof.fqdn],
            opts=self._child,
        )
        return valid.certificate_arn

    def _distribution(self, certificate: pulumi.Input[str]) -> aws.cloudfront.Distribution:
        args = self._args
        found = web.paths(args.settings.stack.edge)
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            enabled=True,
            comment=f"ManPaSik {args.settings.stack_name} {args.market}",
            aliases=[self._host],
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class="PriceClass_All",
            default_root_object=web.INDEX.lstrip("/"),
            web_acl_id=args.rules,
            origins=self._origins(),
            default_cache_behavior=self._app(),
            ordered_cache_behaviors=[self._behaviour(each) for each in found],
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
                    restriction_type="none"
                )
            ),
            viewer_certificate=aws.cloudfront.DistributionViewerCertificateArgs(
                acm_certificate_arn=certificate,
                minimum_protocol_version=_TLS,
                ssl_support_method="sni-only",
            ),
            opts=self._child,
        )

    def _origins(self) -> list[aws.cloudfront.DistributionOriginArgs]:
        args = self._args
        access = aws.cloudfront.OriginAccessControl(
            f"{self._name}-access",
            name=self._physical,
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child,
        )
        home = args.settings.stack.cloud.region if args.settings.stack.cloud else ""
        return [
            aws.cloudfront.DistributionOriginArgs(
                origin_id=WEB,
                domain_name=pulumi.Output.concat(args.bucket, f".s3.{home}.amazonaws.com"),
                origin_access_control_id=access.id,
            ),
            aws.cloudfront.DistributionOriginArgs(
                origin_id=API,
                domain_name=args.origin,
                custom_origin_config=aws.cloudfront.DistributionOriginCustomOriginConfigArgs(
                    http_port=80,
                    https_port=443,
                    origin_protocol_policy="https-only",
                    origin_ssl_protocols=["TLSv1.2"],
                ),
            ),
        ]

    def _app(self) -> _Default:
        """The app itself: asked for anew each time, and every path without a file is its own."""
        rewrite = aws.cloudfront.Function(
            f"{self._name}-single-page",
            name=f"{self._physical}-single-page",
            runtime="cloudfront-js-2.0",
            comment="Paths that name no file are the app's",
            code=(Path(__file__).parent / "single_page.js").read_text(encoding="utf-8"),
            publish=True,
            opts=self._child,
        )
        associated = aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs(
            event_type="viewer-request", function_arn=rewrite.arn
        )
        return _Default(
            target_origin_id=WEB,
            viewer_protocol_policy="redirect-to-https",
            allowed_methods=_READ,
            cached_methods=_READ,
            compress=True,
            cache_policy_id=_NEVER_KEPT,
            response_headers_policy_id=self._told[0],
            function_associations=[associated],
        )

    def _behaviour(self, found: web.Paths) -> _Ordered:
        seconds, of_api = found.behaviour.seconds, found.behaviour.origin == API
        return _Ordered(
            path_pattern=found.pattern,
            target_origin_id=API if of_api else WEB,
            viewer_protocol_policy="https-only" if of_api else "redirect-to-https",
            allowed_methods=_ALL if of_api else _READ,
            cached_methods=_READ,
            compress=True,
            cache_policy_id=self._kept[seconds] if seconds else _NEVER_KEPT,
            origin_request_policy_id=_AS_ASKED if of_api else None,
            response_headers_policy_id=self._told[seconds],
        )

    def _name_it(self, made: aws.cloudfront.Distribution) -> None:
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{self._name}-{kind.lower()}",
                zone_id=self._args.zone,
                name=self._host,
                type=kind,
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=made.domain_name, zone_id=_ZONE, evaluate_target_health=False
                    )
                ],
                opts=self._child,
            )

    def _log(self, made: aws.cloudfront.Distribution) -> None:
        source = aws.cloudwatch.LogDeliverySource(
            f"{self._name}-log-source",
            name=self._physical,
            region=EVERYWHERE,
            log_type="ACCESS_LOGS",
            resource_arn=made.arn,
            opts=self._child,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{self._name}-log-destination",
            name=self._physical,
            region=EVERYWHERE,
            output_format="parquet",
            delivery_destination_configuration=aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs(
                destination_resource_arn=self._args.logs
            ),
            opts=self._child,
        )
        aws.cloudwatch.LogDelivery(
            f"{self._name}-log",
            region=EVERYWHERE,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            opts=self._child,
        )
