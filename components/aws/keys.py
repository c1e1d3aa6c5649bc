"""The keys that everything at rest is encrypted with: the product's own, never Amazon's.

One for the cluster's secrets and disks, one for data, one for logs. A key that goes takes all that
it encrypted with it: keys are protected, and a deletion waits thirty days.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, document
from settings import names
from settings.cloud import AwsSettings
from settings.loader import Settings

DELETION_DAYS = 30
_USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
_SCALING = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeysArgs:
    """Whose keys they are."""

    settings: Settings
    cloud: AwsSettings


class Keys(pulumi.ComponentResource):
    """Three keys, rotated every year."""

    cluster: pulumi.Output[str]
    data: pulumi.Output[str]
    logs: pulumi.Output[str]

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the keys, each with a policy of its own."""
        super().__init__("manpasik:aws:Keys", name, None, opts)
        self._stack = args.settings.stack_name
        self._protect = args.settings.protected
        self._account = aws.get_caller_identity_output(
            opts=pulumi.InvokeOptions(parent=self)
        ).account_id
        self.cluster = self._key("cluster", self._for_node_disks())
        self.data = self._key("data", ())
        self.logs = self._key("logs", self._for_logs(args.cloud.region))
        self.register_outputs({"cluster": self.cluster, "data": self.data, "logs": self.logs})

    def _key(self, purpose: str, others: Sequence[Statement]) -> pulumi.Output[str]:
        policy = document(
            # Without it nobody could ever change the key again; rights come from IAM.
            Statement(
                sid="Account",
                actions=["kms:*"],
                resources=["*"],
                principals=[pulumi.Output.format("arn:aws:iam::{}:root", self._account)],
            ),
            *others,
        )
        key = aws.kms.Key(
            f"{purpose}-key",
            description=f"ManPaSik {self._stack}: {purpose}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=policy,
            opts=pulumi.ResourceOptions(parent=self, protect=self._protect),
        )
        aws.kms.Alias(
            f"{purpose}-alias",
            name=f"alias/{names.cloud(self._stack, purpose)}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn

    def _for_node_disks(self) -> list[Statement]:
        """Whoever starts nodes opens their disks."""
        scaling = pulumi.Output.format("arn:aws:iam::{}:" + _SCALING, self._account)
        granted = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        return [
            Statement(sid="NodeDisks", actions=_USE, resources=["*"], principals=[scaling]),
            Statement(
                sid="NodeDiskGrants",
                actions=["kms:CreateGrant"],
                resources=["*"],
                principals=[scaling],
                condition=granted,
            ),
        ]

    def _for_logs(self, region: str) -> list[Statement]:
        context = pulumi.Output.format(
            "arn:aws:logs:{}:{}:log-group:*{}*", region, self._account, names.cloud(self._stack)
        )
        return [
            Statement(
                sid="Logs",
                actions=_USE,
                resources=["*"],
                services=[f"logs.{region}.amazonaws.com"],
                condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": context}},
            )
        ]
