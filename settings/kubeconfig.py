"""Which kubeconfig a stack uses.

Never the user's default one: a `pulumi up` of a laptop's stack must not meet the production cluster
that happens to be the current context.
"""

import os
from pathlib import Path

from settings import paths
from settings.loader import Settings
from settings.problems import Problem, SettingsError, shown


def kubeconfig_path(settings: Settings) -> str:
    """The stack's own setting, else $KUBECONFIG, else (for `local`) the embedded cluster's."""
    if chosen := settings.stack.cluster.kubeconfig or os.environ.get("KUBECONFIG"):
        if os.pathsep in chosen:
            raise _refused(settings, shown(chosen), "names several files")
        try:
            return str(Path(chosen).expanduser())
        except RuntimeError as error:
            raise _refused(settings, shown(chosen), "names the home of nobody") from error
    if settings.stack.environment == "local":
        return str(paths.local_kubeconfig())
    raise _refused(settings, "", "no cluster is named for this stack")


def _refused(settings: Settings, value: str, message: str) -> SettingsError:
    problem = Problem(
        file=f"Pulumi.{settings.stack_name}.yaml",
        key="manpasik:stack.cluster.kubeconfig",
        value=value,
        message=message,
        remedy="set it, or export KUBECONFIG, to one file; the default kubeconfig is never used",
    )
    return SettingsError([problem])
