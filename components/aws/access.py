"""How people of a group come into the cluster (R-ENV-2).

A role per group, which people of the account take with a second factor, may find the cluster and is
known inside by the group's name. What a group may do there is said by
components/platform/access.py.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, document, role
from settings import names
from settings.cloud import AwsSettings
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessArgs:
    """Into which cluster."""

    settings: Settings
    cloud: AwsSettings
    cluster: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]


class Access(pulumi.ComponentResource):
    """A role and an access entry for each group of the environment."""

    principals: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make them in the order of the groups' names."""
        super().__init__("manpasik:aws:Access", name, None, opts)
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self)).account_id
        people = document(
            Statement(
                sid="People",
                actions=["sts:AssumeRole"],
                principals=[pulumi.Output.format("arn:aws:iam::{}:root", account)],
                condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            )
        )
        self.principals = {}
        for group in sorted(args.settings.environment.access):
            made = role(
                group,
                names.cloud(args.settings.stack_name, group, longest=64),
                people,
                self,
                statements=[
                    Statement(
                        sid="Find", actions=["eks:DescribeCluster"], resources=[args.cluster_arn]
                    )
                ],
            )
            aws.eks.AccessEntry(
                f"{group}-entry",
                cluster_name=args.cluster,
                principal_arn=made.arn,
                kubernetes_groups=[group],
                type="STANDARD",
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.principals[group] = made.arn
        self.register_outputs({"principals": self.principals})
