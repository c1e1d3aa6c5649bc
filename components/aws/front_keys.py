"""The keys of what the stack above the regions keeps: one for each place, never Amazon's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, document
from settings import names
from settings.loader import Settings

DELETION_DAYS = 30
EVERYWHERE = "us-east-1"
"""Where Amazon keeps what belongs to no region: certificates, firewalls and signing keys."""
_USE = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontKeyArgs:
    """What for, where, and which of the cloud's services use it."""

    settings: Settings
    purpose: str
    region: str
    account: pulumi.Input[str]
    services: Sequence[str] = ()
    signs: bool = False
    """Signs names instead of encrypting: the zone's."""


class FrontKey(pulumi.ComponentResource):
    """One key; protected, since what it encrypted goes with it."""

    key: pulumi.Output[str]

    def __init__(
        self, name: str, args: FrontKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the key with its policy."""
        super().__init__("manpasik:aws:FrontKey", name, None, opts)
        stack = args.settings.stack_name
        made = aws.kms.Key(
            f"{name}-key",
            description=f"ManPaSik {stack}: {args.purpose}",
            region=args.region,
            deletion_window_in_days=DELETION_DAYS,
            customer_master_key_spec="ECC_NIST_P256" if args.signs else None,
            key_usage="SIGN_VERIFY" if args.signs else None,
            # A pair of keys that signs cannot be rotated.
            enable_key_rotation=not args.signs,
            policy=_policy(args),
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )
        aws.kms.Alias(
            f"{name}-alias",
            name=f"alias/{names.cloud(stack, args.purpose)}",
            region=args.region,
            target_key_id=made.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.key = made.arn
        self.register_outputs({"key": self.key})


def _policy(args: FrontKeyArgs) -> pulumi.Output[str]:
    root = pulumi.Output.format("arn:aws:iam::{}:root", args.account)
    own = Statement(sid="Account", actions=["kms:*"], resources=["*"], principals=[root])
    used = Statement(
        sid="NameSigning" if args.signs else "FrontServices",
        actions=["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"] if args.signs else _USE,
        resources=["*"],
        services=args.services,
        condition={"StringEquals": {"aws:SourceAccount": args.account}},
    )
    return document(own, used) if args.services else document(own)
