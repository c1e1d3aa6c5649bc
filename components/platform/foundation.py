"""What every cluster gets before the product: ranks, namespaces, limits, rights, in this order."""

from collections.abc import Sequence

import pulumi

from components.contracts import Cluster
from components.platform.access import Access, AccessArgs
from components.platform.limits import Limits, LimitsArgs
from components.platform.namespaces import Namespaces, NamespacesArgs
from components.platform.priorities import Priorities
from components.platform.volumes import Volumes, VolumesArgs
from settings.loader import Settings


def ground(
    settings: Settings, opts: pulumi.ResourceOptions, cluster: Cluster | None
) -> list[pulumi.Output[str]]:
    """What every pod stands on: ranks, and how volumes are made where the cluster is a cloud's."""
    stack = settings.stack_name
    laid = [*Priorities("priorities", stack, opts).names]
    if cluster:
        volumes = VolumesArgs(stack=stack, made_by=cluster.volumes)
        laid.append(Volumes("volumes", volumes, opts).name)
    return laid


def foundation(
    settings: Settings, opts: pulumi.ResourceOptions, after: Sequence[pulumi.Input[str]]
) -> Namespaces:
    """Make it, and hand out the namespaces; in them everything waits for `after`.

    A function and no component: a parent of the namespaces would be part of their state keys, and
    another key means another namespace, without patients' data.
    """
    stack = settings.stack_name
    args = NamespacesArgs(stack=stack, meshed=settings.delivery.meshed, after=after)
    namespaces = Namespaces("namespaces", args, opts)
    Limits("limits", LimitsArgs(settings=settings, namespace=namespaces.application), opts)
    if settings.environment.access:
        access = AccessArgs(
            stack=stack,
            groups=settings.environment.access,
            subjects={group: settings.subject(group) for group in settings.environment.access},
            application=namespaces.application,
            seen=namespaces.all,
        )
        Access("access", access, opts)
    return namespaces
