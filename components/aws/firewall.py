"""The firewall of one market's edge: limits an address, and knows what attacks look like.

Its log holds addresses and paths of the market's people, so it goes to the market's own bucket, and
only what was refused is in it.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.front_keys import EVERYWHERE
from settings import names
from settings.loader import Settings

WINDOW_SECONDS = 300
_MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesCommonRuleSet",
)
_Statement = aws.wafv2.WebAclRuleStatementArgs
_Visibility = aws.wafv2.WebAclRuleVisibilityConfigArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class FirewallArgs:
    """Whose firewall, and where its log goes."""

    settings: Settings
    market: str
    logs: pulumi.Input[str]


class Firewall(pulumi.ComponentResource):
    """Rules in front of the edge, which Amazon keeps in one place for all the world."""

    rules: pulumi.Output[str]

    def __init__(
        self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the rules, and keep what they refuse."""
        super().__init__("manpasik:aws:Firewall", name, None, opts)
        physical = names.cloud(args.settings.stack_name, args.market)
        acl = aws.wafv2.WebAcl(
            f"{name}-rules",
            name=physical,
            region=EVERYWHERE,
            scope="CLOUDFRONT",
            default_action=aws.wafv2.WebAclDefaultActionArgs(
                allow=aws.wafv2.WebAclDefaultActionAllowArgs()
            ),
            rules=[_limit(args.settings.stack.edge.requests_per_5_minutes), *_managed()],
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True,
                metric_name=physical,
                # A sample would keep people's requests in N. Virginia.
                sampled_requests_enabled=False,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-logs",
            region=EVERYWHERE,
            resource_arn=acl.arn,
            log_destination_configs=[args.logs],
            logging_filter=_refused_alone(),
            redacted_fields=[
                aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                    single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(
                        name=header
                    )
                )
                for header in ("authorization", "cookie")
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.rules = acl.arn
        self.register_outputs({"rules": self.rules})


def _limit(requests: int) -> aws.wafv2.WebAclRuleArgs:
    limited = aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
        aggregate_key_type="IP", limit=requests, evaluation_window_sec=WINDOW_SECONDS
    )
    return aws.wafv2.WebAclRuleArgs(
        name="limit",
        priority=0,
        action=aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs()),
        statement=_Statement(rate_based_statement=limited),
        visibility_config=_seen("limit"),
    )


def _managed() -> list[aws.wafv2.WebAclRuleArgs]:
    return [
        aws.wafv2.WebAclRuleArgs(
            name=name,
            priority=index,
            override_action=aws.wafv2.WebAclRuleOverrideActionArgs(
                none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()
            ),
            statement=_Statement(
                managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                    name=name, vendor_name="AWS"
                )
            ),
            visibility_config=_seen(name),
        )
        for index, name in enumerate(_MANAGED, start=1)
    ]


def _seen(name: str) -> _Visibility:
    return _Visibility(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )


def _refused_alone() -> aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs:
    condition = aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArgs(
        action_condition=aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionActionConditionArgs(
            action="BLOCK"
        )
    )
    return aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs(
        default_behavior="DROP",
        filters=[
            aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterArgs(
                behavior="KEEP", requirement="MEETS_ANY", conditions=[condition]
            )
        ],
    )
