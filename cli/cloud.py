"""`mpk cloud`: which cloud a stack is in, for people and for a pipeline that takes a role there.

No workflow says which cloud that is: the stack's settings do, and the login follows them (0027). A
stack on a cluster of one's own takes the role that opens its state; the cluster itself
takes the pipeline's own token (`mpk token`, 0075).
"""

import os
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

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
STATE = "PULUMI_BACKEND_URL"
CLUSTER = ("CLUSTER_SERVER", "CLUSTER_AUTHORITY")
"""Those that name a cluster of one's own: its address, and its authority in base64."""
_BUCKETS = {"s3": "aws", "gs": "gcp"}


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
        login = found if found["provider"] in NEEDS else _of_its_state(stack)
        _refuse_without_role(stack, login)
        workflow.tell(login)
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


def _of_its_state(stack: str) -> dict[str, str]:
    """The login of a stack in no cloud: to where its state lies."""
    if missing := [name for name in (*CLUSTER, STATE) if not os.environ.get(name)]:
        raise RefusedError(
            f"{stack} is in no cloud: give Pulumi.{stack}.yaml one, or name its cluster in the "
            f"GitHub environment, which does not say {' and '.join(missing)} (docs/pipelines.md)"
        )
    state = urlsplit(os.environ[STATE])
    if state.scheme not in _BUCKETS:
        allowed = " or ".join(f"{scheme}://" for scheme in _BUCKETS)
        raise RefusedError(
            f"{STATE} is {state.scheme}://…: a pipeline has no key for it; allowed: {allowed}"
        )
    region = parse_qs(state.query).get("region", [""])[0]
    if state.scheme == "s3" and not region:
        raise RefusedError(
            f"{STATE} names no region; write s3://{state.netloc}?region=<its region>"
        )
    return {"provider": _BUCKETS[state.scheme], "region": region, "project": ""}


def _refuse_without_role(stack: str, found: Mapping[str, str]) -> None:
    provider = found["provider"]
    missing = [name for name in NEEDS[provider] if not os.environ.get(name)]
    if missing:
        raise RefusedError(
            f"{stack} needs a role on {provider}, and its GitHub environment does not say "
            f"{' and '.join(missing)}: docs/pipelines.md tells which role each environment takes"
        )
