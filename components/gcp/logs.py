"""Where logs go: a bucket in the stack's own region, with the product's key, kept for a year.

Google's default bucket lies nowhere in particular. What happens in this project is health data's
neighbour, so a sink takes it all and the default one is told to keep nothing (R-P4-REG).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names

RETENTION_DAYS = 365


def keep_logs(
    stack: str, project: str, region: str, key: pulumi.Input[str], parent: pulumi.Resource
) -> None:
    """Keep every log in the region, and none anywhere else."""
    child = pulumi.ResourceOptions(parent=parent)
    physical = names.cloud(stack)
    bucket = gcp.logging.ProjectBucketConfig(
        "logs-bucket",
        project=project,
        location=region,
        bucket_id=physical,
        retention_days=RETENTION_DAYS,
        description="Logs of the stack, in its region",
        cmek_settings=gcp.logging.ProjectBucketConfigCmekSettingsArgs(kms_key_name=key),
        opts=child,
    )
    sink = gcp.logging.ProjectSink(
        "logs-sink",
        name=physical,
        project=project,
        destination=pulumi.Output.concat("logging.googleapis.com/", bucket.id),
        unique_writer_identity=True,
        opts=child,
    )
    gcp.logging.ProjectExclusion(
        "logs-elsewhere",
        name=physical,
        project=project,
        description="Kept in the region by the sink of the same name",
        # No severity means every entry.
        filter="severity >= DEFAULT",
        # Nothing is lost only if the sink is there first.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[sink]),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeLogs:
    """A market's requests at the edge: who asked for what, and where that is kept."""

    stack: str
    project: str
    market: str
    region: str
    days: int
    key: pulumi.Input[str]


def keep_edge_logs(logs: EdgeLogs, parent: pulumi.Resource) -> pulumi.Resource:
    """Keep a market's requests in its own place; the sink that does."""
    child = pulumi.ResourceOptions(parent=parent)
    physical = names.cloud(logs.stack, "edge", logs.market)
    bucket = gcp.logging.ProjectBucketConfig(
        f"edge-{logs.market}-logs",
        project=logs.project,
        location=logs.region,
        bucket_id=physical,
        retention_days=logs.days,
        description=f"Requests of the market {logs.market}, in its place",
        cmek_settings=gcp.logging.ProjectBucketConfigCmekSettingsArgs(kms_key_name=logs.key),
        opts=child,
    )
    named = " OR ".join(
        f'resource.labels.url_map_name="{names.cloud(logs.stack, f"{part}-{logs.market}")}"'
        for part in ("api", "app")
    )
    return gcp.logging.ProjectSink(
        f"edge-{logs.market}-sink",
        name=physical,
        project=logs.project,
        destination=pulumi.Output.concat("logging.googleapis.com/", bucket.id),
        filter=f"{_REQUESTS} AND ({named})",
        unique_writer_identity=True,
        opts=child,
    )


_REQUESTS = 'resource.type="http_load_balancer"'


def keep_no_others(
    stack: str, project: str, sinks: Sequence[pulumi.Resource], parent: pulumi.Resource
) -> None:
    """Keep no request in Google's default bucket, which lies nowhere in particular."""
    gcp.logging.ProjectExclusion(
        "edge-elsewhere",
        name=names.cloud(stack, "edge"),
        project=project,
        description="Kept in each market's own place by sinks",
        filter=_REQUESTS,
        # Nothing is lost only if the sinks are there first.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(sinks)),
    )
