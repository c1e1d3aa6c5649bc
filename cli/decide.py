"""`mpk promote`, `mpk abort`, `mpk switch`: a person's decisions over what is being released."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.console import print_json, results
from cli.target import (
    ApprovedOption,
    JsonOption,
    KubeconfigOption,
    StackOption,
    cluster_of,
    refuse_unapproved,
)
from operations import promotion, versions
from settings.loader import load

Services = Annotated[
    list[str] | None, typer.Argument(metavar="SERVICE", help="The services; else all that wait.")
]


def promote(
    services: Services = None,
    full: Annotated[bool, typer.Option("--full", help="Leave the remaining steps out.")] = False,
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    approved_by: ApprovedOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let a canary that waits go on."""
    settings = load(stack)
    versions.refuse_unknown(settings, services or [])
    refuse_unapproved(settings, approved_by)
    cluster = cluster_of(settings, kubeconfig)
    done = promotion.promote(cluster, settings, services or [], full=full)
    _tell("promoted", done, as_json=as_json)


def abort(
    services: Services = None,
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give all traffic back to the stable version at once; needs no approval."""
    settings = load(stack)
    versions.refuse_unknown(settings, services or [])
    done = promotion.abort(cluster_of(settings, kubeconfig), settings, services or [])
    _tell("aborted", done, as_json=as_json)


def switch(
    services: Services = None,
    stack: StackOption = "local",
    kubeconfig: KubeconfigOption = None,
    approved_by: ApprovedOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make the other colour the active one; the way back is `mpk rollback`."""
    settings = load(stack)
    versions.refuse_unknown(settings, services or [])
    refuse_unapproved(settings, approved_by)
    done = promotion.switch(cluster_of(settings, kubeconfig), settings, services or [])
    _tell("switched", done, as_json=as_json)


def _tell(what: str, services: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print_json({what: list(services)})
    else:
        results.print(f"{what}: {', '.join(services)}; `mpk status --watch` follows")
