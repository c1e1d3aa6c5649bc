"""The shell and SQL of the migration Jobs, once per stack: a ConfigMap that they all mount.

Its name carries its content's digest, so it never changes (pitfall A-4): a Job runs the steps that
it was made with, and other steps are other Jobs (pitfall A-2).
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.delivery.schema import steps
from components.pods import metadata
from settings import names


@dataclass(frozen=True, kw_only=True, slots=True)
class MigrationStepsArgs:
    """Where they belong."""

    stack: str
    namespace: pulumi.Input[str]


class MigrationSteps(pulumi.ComponentResource):
    """The files of `job/`, as one object."""

    config_map: pulumi.Output[str]

    def __init__(
        self, name: str, args: MigrationStepsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the ConfigMap."""
        super().__init__("manpasik:delivery:MigrationSteps", name, None, opts)
        content = steps()
        own_name = names.migration_steps(content)
        labels = names.labels(names.MIGRATION_STEPS, "migration", args.stack)
        config_map = k8s.core.v1.ConfigMap(
            f"{name}-files",
            metadata=metadata(own_name, args.namespace, labels),
            immutable=True,
            data=content,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.config_map = config_map.metadata.name
        self.register_outputs({"config_map": self.config_map})
