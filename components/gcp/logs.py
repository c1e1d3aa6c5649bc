"""Where logs go: a bucket in the stack's own region, with the product's key, kept for a year.

Google's default bucket lies nowhere in particular. What happens in this project is health data's
neighbour, so a sink takes it all and the default one is told to keep nothing (R-P4-REG).
"""

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
