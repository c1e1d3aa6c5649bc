"""The firewall of one market: limits an address, and knows what attacks look like.

Google's rate limits stand before services, not before buckets: the app's files, which are public
and come from caches, have none.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.loader import Settings

WINDOW_SECONDS = 300
REFUSED = "deny(429)"
_LAST = 2147483647
_NEVER_MEANT = "cve-canary"
"""Log4j's hole and its like: no request means such a thing, so all of its signatures hold."""
_ATTACKS = (_NEVER_MEANT, "sqli-v33-stable", "xss-v33-stable", "lfi-v33-stable", "rce-v33-stable")
_Rule = gcp.compute.SecurityPolicyRuleArgs
_Match = gcp.compute.SecurityPolicyRuleMatchArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class FirewallArgs:
    """Whose firewall."""

    settings: Settings
    market: str
    project: str


class Firewall(pulumi.ComponentResource):
    """Rules in front of the market's services; its log goes where the market's requests' does."""

    rules: pulumi.Output[str]

    def __init__(
        self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the rules."""
        super().__init__("manpasik:gcp:Firewall", name, None, opts)
        made = gcp.compute.SecurityPolicy(
            f"{name}-rules",
            name=names.cloud(args.settings.stack_name, args.market),
            project=args.project,
            type="CLOUD_ARMOR",
            description=f"ManPaSik {args.settings.stack_name} {args.market}",
            rules=[
                *(_attack(index, kind) for index, kind in enumerate(_ATTACKS)),
                _limit(args.settings.stack.edge.requests_per_5_minutes),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.rules = made.id
        self.register_outputs({"rules": self.rules})


def _attack(index: int, kind: str) -> _Rule:
    options = "" if kind == _NEVER_MEANT else ", {'sensitivity': 1}"
    expression = f"evaluatePreconfiguredWaf('{kind}'{options})"
    return _Rule(
        priority=100 + index,
        action="deny(403)",
        description=kind,
        match=_Match(expr=gcp.compute.SecurityPolicyRuleMatchExprArgs(expression=expression)),
    )


def _limit(requests: int) -> _Rule:
    """The last rule, which everybody meets: so many requests, then no more for a while."""
    threshold = gcp.compute.SecurityPolicyRuleRateLimitOptionsRateLimitThresholdArgs(
        count=requests, interval_sec=WINDOW_SECONDS
    )
    everybody = gcp.compute.SecurityPolicyRuleMatchConfigArgs(src_ip_ranges=["*"])
    return _Rule(
        priority=_LAST,
        action="throttle",
        description="limit",
        match=_Match(versioned_expr="SRC_IPS_V1", config=everybody),
        rate_limit_options=gcp.compute.SecurityPolicyRuleRateLimitOptionsArgs(
            conform_action="allow",
            exceed_action=REFUSED,
            enforce_on_key="IP",
            rate_limit_threshold=threshold,
        ),
    )
