"""What a pod may do in the cloud: an identity of its own, with nothing unless it is given.

EKS Pod Identity: no key, no annotation, no token in the pod's template. A service of the product is
given nothing: none of them calls the cloud.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, role, trust
from settings import names
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityArgs:
    """Whose identity it is, and what it may do."""

    settings: Settings
    cluster: pulumi.Input[str]
    namespace: str
    account: str
    """The Kubernetes ServiceAccount."""
    managed: Sequence[str] = ()
    """Amazon's own policies."""
    statements: Sequence[Statement] = ()


class Identity(pulumi.ComponentResource):
    """A role that pods of one ServiceAccount take."""

    principal: pulumi.Output[str]

    def __init__(
        self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the role, and say whose it is."""
        super().__init__("manpasik:aws:Identity", name, None, opts)
        made = role(
            name,
            names.cloud(args.settings.stack_name, args.namespace, args.account, longest=64),
            trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"),
            self,
            managed=args.managed,
            statements=args.statements,
        )
        aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=args.cluster,
            namespace=args.namespace,
            service_account=args.account,
            role_arn=made.arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.principal = made.arn
        self.register_outputs({"principal": self.principal})
