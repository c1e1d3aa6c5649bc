"""How people of a group come into the cluster (R-ENV-2).

A group of the people's domain may find the cluster and is known inside by its address. What a group
may do there is said by components/platform/access.py.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings.cloud import GcpSettings
from settings.loader import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessArgs:
    """Into which cluster."""

    settings: Settings
    cloud: GcpSettings
    cluster: pulumi.Input[str]
    project: str


class Access(pulumi.ComponentResource):
    """A right to find the cluster for each group of the environment."""

    principals: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Give it in the order of the groups' names."""
        super().__init__("manpasik:gcp:Access", name, None, opts)
        found = pulumi.Output.from_input(args.cluster)
        clusters = f"projects/{args.project}/locations/{args.cloud.region}/clusters/"
        self.principals = {}
        for group in sorted(args.settings.environment.access):
            right = gcp.projects.IAMMember(
                f"{group}-entry",
                project=args.project,
                role="roles/container.clusterViewer",
                member=f"group:{args.settings.subject(group)}",
                condition=gcp.projects.IAMMemberConditionArgs(
                    title="this-cluster",
                    expression=found.apply(lambda name: f'resource.name == "{clusters}{name}"'),
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.principals[group] = right.member
        self.register_outputs({"principals": self.principals})
