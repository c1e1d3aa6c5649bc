"""One market's edge: Cloud CDN before the web app and before paths that go to the API (R-P4-CDN).

A load balancer a market, so that each market's logs go to a bucket in its own country (RES-06). The
app's bucket is private: only the account that fills Google's caches reads it.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.edge import web
from components.gcp.balancer import Backend, backend
from components.gcp.entrance import SCHEME, Certified, Entered, certified, entrance
from settings import names
from settings.front import market_host
from settings.loader import Settings

API = "api"
TTL_SECONDS = 300
_FALLBACK = ["403", "404"]
"""What a private bucket answers for a path that is no file."""
_Fallback = gcp.compute.URLMapPathMatcherDefaultCustomErrorResponsePolicyArgs
_FallbackRule = gcp.compute.URLMapPathMatcherDefaultCustomErrorResponsePolicyErrorResponseRuleArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeArgs:
    """Whose edge, what it stands before, and what guards it."""

    settings: Settings
    market: str
    zone: pulumi.Input[str]
    origin: pulumi.Input[str]
    """The region's public host: under which name requests for the API go on."""
    address: pulumi.Input[str]
    """Where they go on to."""
    bucket: pulumi.Input[str]
    rules: pulumi.Input[str]
    """The firewall."""
    project: str


class Edge(pulumi.ComponentResource):
    """The web app of one market, all over the world."""

    host: pulumi.Output[str]

    def __init__(
        self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make what is behind each path, the map of them, the entrance and its name."""
        super().__init__("manpasik:gcp:Edge", name, None, opts)
        self._args, self._name = args, name
        self._child = pulumi.ResourceOptions(parent=self)
        self._host = market_host(args.market, args.settings.stack.edge.host)
        self._made: dict[int, pulumi.Output[str]] = {}
        entered = Entered(
            stack=args.settings.stack_name,
            project=args.project,
            part=f"app-{args.market}",
            certificates={self._host: self._certificate()},
            map=self._map(),
            protect=args.settings.protected,
        )
        address = entrance(name, entered, self)
        gcp.dns.RecordSet(
            f"{name}-name",
            project=args.project,
            managed_zone=args.zone,
            name=f"{self._host}.",
            type="A",
            ttl=TTL_SECONDS,
            rrdatas=[address],
            opts=self._child,
        )
        self.host = pulumi.Output.from_input(self._host)
        self.register_outputs({"host": self.host})

    def _certificate(self) -> pulumi.Output[str]:
        given = Certified(
            stack=self._args.settings.stack_name,
            project=self._args.project,
            part=f"app-{self._args.market}",
            host=self._host,
            zone=self._args.zone,
        )
        return certified(self._name, given, self)

    def _map(self) -> pulumi.Output[str]:
        """Paths to what is behind them; a path that is no file is the app's own."""
        app = self._files(0)
        found = web.paths(self._args.settings.stack.edge)
        rules = [
            gcp.compute.URLMapPathMatcherPathRuleArgs(
                paths=[each.pattern], service=self._behind(each)
            )
            for each in found
        ]
        fallback = _Fallback(
            error_service=app,
            error_response_rules=[
                _FallbackRule(
                    match_response_codes=_FALLBACK, path=web.INDEX, override_response_code=200
                )
            ],
        )
        paths = gcp.compute.URLMapPathMatcherArgs(
            name="app",
            default_service=app,
            path_rules=rules,
            default_custom_error_response_policy=fallback,
        )
        return gcp.compute.URLMap(
            f"{self._name}-map",
            name=names.cloud(self._args.settings.stack_name, f"app-{self._args.market}"),
            project=self._args.project,
            default_service=app,
            host_rules=[gcp.compute.URLMapHostRuleArgs(hosts=[self._host], path_matcher="app")],
            path_matchers=[paths],
            opts=self._child,
        ).id

    def _behind(self, found: web.Paths) -> pulumi.Output[str]:
        args = self._args
        if found.behaviour.origin != API:
            return self._files(found.behaviour.seconds)
        if -1 not in self._made:
            to = Backend(
                stack=args.settings.stack_name,
                part=f"app-{args.market}",
                project=args.project,
                host=args.origin,
                address=args.address,
                rules=args.rules,
            )
            self._made[-1] = backend(self._name, to, self)
        return self._made[-1]

    def _files(self, seconds: int) -> pulumi.Output[str]:
        """The app's files as they are kept for so long, made once."""
        if seconds not in self._made:
            self._made[seconds] = self._bucket(seconds)
        return self._made[seconds]

    def _bucket(self, seconds: int) -> pulumi.Output[str]:
        args = self._args
        api = market_host(args.market, args.settings.host or "")
        told = {**web.security_headers(api), "Cache-Control": web.cache_control(seconds)}
        made = gcp.compute.BackendBucket(
            f"{self._name}-files-{seconds}",
            name=names.cloud(args.settings.stack_name, f"app-{args.market}", str(seconds)),
            project=args.project,
            bucket_name=args.bucket,
            load_balancing_scheme=SCHEME,
            # Also what is never kept goes this way: the caches' own account reads the bucket.
            enable_cdn=True,
            compression_mode="AUTOMATIC",
            custom_response_headers=[f"{name}: {value}" for name, value in told.items()],
            cdn_policy=_kept(seconds),
            opts=self._child,
        )
        return made.id


def _kept(seconds: int) -> gcp.compute.BackendBucketCdnPolicyArgs:
    if not seconds:
        return gcp.compute.BackendBucketCdnPolicyArgs(
            cache_mode="USE_ORIGIN_HEADERS", negative_caching=False
        )
    return gcp.compute.BackendBucketCdnPolicyArgs(
        cache_mode="FORCE_CACHE_ALL",
        default_ttl=seconds,
        client_ttl=seconds,
        negative_caching=False,
    )
