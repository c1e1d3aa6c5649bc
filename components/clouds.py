"""The one place that knows that there are two clouds (style, 3.6).

Another cloud is a member of the union in settings/cloud.py, a folder beside `aws` and `gcp`, and a
case here; the type checker lists what is missing. The SDK of the cloud that was not chosen is never
imported: each takes seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

import pulumi

from components.contracts import Addresses, Cluster, DataStore, DevServer, Front, ObjectStore, Place
from components.edge.regions import agreed, regions
from settings import names
from settings.catalog import StoreName
from settings.cloud import AwsSettings, GcpSettings
from settings.loader import Settings
from settings.secrets import Secrets


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Where somebody else made the cluster: nothing of it is ours."""

    cluster: Cluster | None = None
    server: DevServer | None = None
    backups: ObjectStore | None = None
    addresses: Addresses | None = None
    stores: Mapping[StoreName, DataStore] = field(default_factory=dict[StoreName, DataStore])


def place(settings: Settings, secrets: Secrets) -> Place:
    """Everything of a stack that is not inside a cluster."""
    cloud = settings.stack.cloud
    match cloud:
        case None:
            return Elsewhere()
        case AwsSettings():
            return _on_aws(settings, cloud, secrets)
        case GcpSettings():
            return _on_gcp(settings, cloud, secrets)
    assert_never(cloud)


def front(settings: Settings) -> Front | None:
    """The layer above the regions, where the stack is that; it stands on regions found sound."""
    cloud = settings.stack.cloud if settings.stack.regions else None
    match cloud:
        case None:
            return None
        case AwsSettings():
            return _front_on_aws(settings, cloud)
        case GcpSettings():
            return _front_on_gcp(settings, cloud)
    assert_never(cloud)


def _front_on_aws(settings: Settings, cloud: AwsSettings) -> Front:
    import pulumi_aws as aws

    from components.aws.front import Front as AwsFront
    from components.aws.front import FrontArgs

    below = regions(settings)
    provider = aws.Provider(
        "cloud",
        region=agreed(below, cloud.region),
        allowed_account_ids=[cloud.account] if cloud.account else None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=names.tags(settings.stack_name)),
    )
    args = FrontArgs(settings=settings, cloud=cloud, regions=below)
    return AwsFront("front", args, pulumi.ResourceOptions(provider=provider))


def _front_on_gcp(settings: Settings, cloud: GcpSettings) -> Front:
    import pulumi_gcp as gcp

    from components.gcp.front import Front as GcpFront
    from components.gcp.front import FrontArgs

    below = regions(settings)
    provider = gcp.Provider(
        "cloud",
        project=cloud.project or names.project(settings.stack.environment),
        region=agreed(below, cloud.region),
        default_labels=names.tags(settings.stack_name),
    )
    args = FrontArgs(settings=settings, cloud=cloud, regions=below)
    return GcpFront("front", args, pulumi.ResourceOptions(provider=provider))


def _on_aws(settings: Settings, cloud: AwsSettings, secrets: Secrets) -> Place:
    import pulumi_aws as aws

    from components.aws.place import Place as AwsPlace
    from components.aws.place import PlaceArgs

    region, layout = settings.region, settings.network
    if region is None or layout is None:
        raise ValueError("the settings' rules let a region through that is none")
    provider = aws.Provider(
        "cloud",
        region=cloud.region,
        allowed_account_ids=[cloud.account] if cloud.account else None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=names.tags(settings.stack_name)),
    )
    args = PlaceArgs(settings=settings, cloud=cloud, secrets=secrets, layout=layout, region=region)
    return AwsPlace("place", args, pulumi.ResourceOptions(provider=provider))


def _on_gcp(settings: Settings, cloud: GcpSettings, secrets: Secrets) -> Place:
    import pulumi_gcp as gcp

    from components.gcp.place import Place as GcpPlace
    from components.gcp.place import PlaceArgs

    region, layout = settings.region, settings.network
    if region is None or layout is None:
        raise ValueError("the settings' rules let a region through that is none")
    provider = gcp.Provider(
        "cloud",
        project=cloud.project or names.project(settings.stack.environment),
        region=cloud.region,
        default_labels=names.tags(settings.stack_name),
    )
    args = PlaceArgs(settings=settings, cloud=cloud, secrets=secrets, layout=layout, region=region)
    return GcpPlace("place", args, pulumi.ResourceOptions(provider=provider))
