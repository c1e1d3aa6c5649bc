"""A bucket: encrypted with the product's key, closed to the public, every version kept for a while.

Holds backups and what the platform keeps as objects; in the stack's own region, never copied out of
it.
"""

from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.cloud import GcpSettings
from settings.loader import Settings

OLD_VERSIONS_DAYS = 90
ABANDONED_UPLOADS_DAYS = 7
SECONDS_PER_DAY = 24 * 60 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectStoreArgs:
    """What for, and for how long."""

    settings: Settings
    cloud: GcpSettings
    project: str
    purpose: str
    owner: pulumi.Input[str]
    """Account or project; part of the name, which the whole world shares."""
    key: pulumi.Input[str]
    keep_days: int | None = None
    """Objects go after so many days; absent: when somebody deletes them."""
    logs: pulumi.Input[str] | None = None
    """The bucket that records who read what; absent in that bucket itself."""
    region: str | None = None
    """Where it lies; absent: in the stack's own region."""


class ObjectStore(pulumi.ComponentResource):
    """A private bucket."""

    name: pulumi.Output[str]
    reference: pulumi.Output[str]
    """How a policy names it."""
    kind: Literal["s3", "gcs"] = "gcs"
    region: str

    def __init__(
        self, name: str, args: ObjectStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the bucket."""
        super().__init__("manpasik:gcp:ObjectStore", name, None, opts)
        stack = args.settings.stack_name
        self.region = args.region or args.cloud.region
        logging = None
        if args.logs is not None:
            logging = gcp.storage.BucketLoggingArgs(
                log_bucket=args.logs, log_object_prefix=args.purpose
            )
        bucket = gcp.storage.Bucket(
            f"{name}-bucket",
            name=pulumi.Output.from_input(args.owner).apply(
                lambda owner: names.bucket(stack, args.purpose, owner)
            ),
            project=args.project,
            location=(args.region or args.cloud.region).upper(),
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning=gcp.storage.BucketVersioningArgs(enabled=True),
            encryption=gcp.storage.BucketEncryptionArgs(default_kms_key_name=args.key),
            lifecycle_rules=_lifecycle(args.keep_days),
            logging=logging,
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )
        self.name = bucket.name
        self.reference = bucket.name
        self.register_outputs({"name": self.name, "reference": self.reference})


def _lifecycle(keep_days: int | None) -> list[gcp.storage.BucketLifecycleRuleArgs]:
    """Old versions go, abandoned uploads go, and after their time the objects."""
    condition = gcp.storage.BucketLifecycleRuleConditionArgs
    delete = gcp.storage.BucketLifecycleRuleActionArgs(type="Delete")
    abort = gcp.storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload")
    rule = gcp.storage.BucketLifecycleRuleArgs
    old = condition(days_since_noncurrent_time=OLD_VERSIONS_DAYS, with_state="ARCHIVED")
    rules = [
        rule(action=delete, condition=old),
        rule(action=abort, condition=condition(age=ABANDONED_UPLOADS_DAYS)),
    ]
    if keep_days is None:
        return rules
    return [*rules, rule(action=delete, condition=condition(age=keep_days, with_state="LIVE"))]
