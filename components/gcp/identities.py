"""What a pod may do in the cloud: an identity of its own, with nothing unless it is given.

Workload Identity names a Kubernetes ServiceAccount directly in policies: no key, no annotation, no
second account. A service of the product is given nothing: none of them calls the cloud.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityArgs:
    """Whose identity it is, and what it may do."""

    settings: Settings
    cluster: pulumi.Input[str]
    namespace: str
    account: str
    """The Kubernetes ServiceAccount."""
    project: str
    number: pulumi.Input[str]
    """The project's number."""
    roles: Sequence[str] = ()
    """Google's own roles, in the whole project."""


class Identity(pulumi.ComponentResource):
    """What policies call the pods of one ServiceAccount."""

    principal: pulumi.Output[str]

    def __init__(
        self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Name it, and give it its roles."""
        super().__init__("manpasik:gcp:Identity", name, None, opts)
        pool = f"workloadIdentityPools/{args.project}.svc.id.goog"
        subject = f"subject/ns/{args.namespace}/sa/{args.account}"
        # Known when the cluster is there: with it comes the pool that the name is in.
        self.principal = pulumi.Output.all(args.number, args.cluster).apply(
            lambda found: (
                f"principal://iam.googleapis.com/projects/{found[0]}/locations/global/"
                f"{pool}/{subject}"
            )
        )
        for role in args.roles:
            gcp.projects.IAMMember(
                f"{name}-{role.removeprefix('roles/').replace('.', '-').lower()}",
                project=args.project,
                role=role,
                member=self.principal,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"principal": self.principal})
