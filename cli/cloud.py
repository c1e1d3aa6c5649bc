"""`mpk cloud`: which cloud a stack is in, for people and for a pipeline that takes a role there.

No workflow says which cloud that is: the stack's settings do, and the login follows them (0027).
"""

import os
from collections.abc import Mapping
from typing import Annotated

import typer

from cli import workflow
from cli.console import print_json, results
from cli.target import JsonOption
from operations.refusal import RefusedError
from settings import names
from settings.cloud import GcpSettings
from settings.loader import Settings, load

NEEDS = {
    "aws": ("AWS_ROLE",),
    "gcp": ("GCP_PROVIDER", "GCP_ACCOUNT"),
}
"""The variables of a GitHub environment that name the role, by cloud."""


def cloud(
    stack: Annotated[str, typer.Argument(help="The stack.")],
    to_workflow: Annotated[
        bool, typer.Option("--to-workflow", help="Also as outputs of a step; refuses no role.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell which cloud, region and project a stack is in."""
    found = where(load(stack))
    if to_workflow:
        _refuse_without_role(stack, found)
        workflow.tell(found)
    if as_json:
        print_json(found)
        return
    results.print(" ".join(filter(None, found.values())), markup=False)


def where(settings: Settings) -> dict[str, str]:
    """The cloud of a stack as its login needs it; `none` where it has none."""
    cloud = settings.stack.cloud
    if cloud is None:
        return {"provider": "none", "region": "", "project": ""}
    project = ""
    if isinstance(cloud, GcpSettings):
        project = cloud.project or names.project(settings.stack.environment)
    return {"provider": cloud.provider, "region": cloud.region, "project": project}


def _refuse_without_role(stack: str, found: Mapping[str, str]) -> None:
    provider = found["provider"]
    if provider not in NEEDS:
        raise RefusedError(
            f"{stack} is in no cloud, so a pipeline has no role that leads to its cluster: give "
            f"Pulumi.{stack}.yaml a cloud, or deploy it from where its kubeconfig is"
        )
    missing = [name for name in NEEDS[provider] if not os.environ.get(name)]
    if missing:
        raise RefusedError(
            f"{stack} is on {provider}, and its GitHub environment does not say "
            f"{' and '.join(missing)}: docs/pipelines.md tells which role each environment takes"
        )
