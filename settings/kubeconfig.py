"""Which kubeconfig a stack uses.

Never the user's default one: a `pulumi up` of a laptop's stack must not meet the production cluster
that happens to be the current context.
"""

import os
from pathlib import Path

from settings import paths
from settings.loader import Settings
from settings.problems import Problem, SettingsError


def kubeconfig_path(settings: Settings) -> str:
    """The stack's own setting, else $KUBECONFIG, else (for `local`) the embedded cluster's."""
    if chosen := settings.stack.cluster.kubeconfig or os.environ.get("KUBECONFIG"):
        return str(Path(chosen).expanduser())
    if settings.stack.environment == "local":
        return str(paths.local_kubeconfig())
    raise SettingsError(
        [
            Problem(
                file=f"Pulumi.{settings.stack_name}.yaml",
                key="manpasik:stack.cluster.kubeconfig",
                value="",
                message="no cluster is named for this stack",
                remedy="set it, or export KUBECONFIG; the default kubeconfig is never used",
            )
        ]
    )
