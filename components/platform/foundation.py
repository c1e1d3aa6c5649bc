"""What every cluster gets before the product: ranks, namespaces, limits, rights, in this order."""

import pulumi

from components.contracts import Cluster
from components.platform.access import Access, AccessArgs
from components.platform.limits import Limits, LimitsArgs
from components.platform.namespaces import Namespaces, NamespacesArgs
from components.platform.priorities import Priorities
from components.platform.volumes import Volumes, VolumesArgs
from settings.loader import Settings


def foundation(
    settings: Settings, opts: pulumi.ResourceOptions, cluster: Cluster | None = None
) -> Namespaces:
    """Make it, and hand out the namespaces.

    A function and no component: a parent of the namespaces would be part of their state keys, and
    another key means another namespace, without patients' data. `cluster` is the cloud's, where
    it made one.
    """
    stack = settings.stack_name
    priorities = Priorities("priorities", stack, opts)
    before = [*priorities.names]
    if cluster:
        volumes = VolumesArgs(stack=stack, made_by=cluster.volumes)
        before.append(Volumes("volumes", volumes, opts).name)
    args = NamespacesArgs(stack=stack, meshed=settings.delivery.meshed, after=before)
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
