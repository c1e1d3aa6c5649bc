"""Log groups: encrypted with the product's key, kept for a year, in the stack's own region."""

import pulumi
import pulumi_aws as aws

RETENTION_DAYS = 365


def log_group(
    name: str, physical: str, key: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cloudwatch.LogGroup:
    """A log group; without one made beforehand the service makes its own, in the open, for ever."""
    return aws.cloudwatch.LogGroup(
        f"{name}-logs",
        name=physical,
        kms_key_id=key,
        retention_in_days=RETENTION_DAYS,
        opts=pulumi.ResourceOptions(parent=parent),
    )
