"""A bucket: encrypted with the product's key, closed to the public, every version kept for a while.

Holds backups, logs and what the platform keeps as objects; in the stack's own region, or in the one
that it is told, and never copied out of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, document
from settings import names
from settings.loader import Settings

_EncryptedBy = (
    aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
)
_OldVersions = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs
_Abandoned = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs
OLD_VERSIONS_DAYS = 90
ABANDONED_UPLOADS_DAYS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectStoreArgs:
    """What for, and for how long."""

    settings: Settings
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
    readers: Sequence[Statement] = ()
    """Who of Amazon's services may do what, beside the account itself; `{bucket}` is its ARN."""
    prefix: str = ""
    """What Amazon asks the names of some buckets to begin with."""


class ObjectStore(pulumi.ComponentResource):
    """A private bucket."""

    name: pulumi.Output[str]
    reference: pulumi.Output[str]
    """How a policy names it."""
    kind: Literal["s3", "gcs"] = "s3"
    region: str

    def __init__(
        self, name: str, args: ObjectStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the bucket, then close it."""
        super().__init__("manpasik:aws:ObjectStore", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._region, self._readers = args.region, args.readers
        cloud = args.settings.stack.cloud
        self.region = args.region or (cloud.region if cloud else "")
        stack = args.settings.stack_name
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket=pulumi.Output.from_input(args.owner).apply(
                lambda owner: names.bucket(stack, args.purpose, owner, args.prefix)
            ),
            region=args.region,
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )
        self.name = bucket.bucket
        self.reference = bucket.arn
        self._close(name, bucket)
        self._encrypt(name, args, bucket)
        self._forget(name, args, bucket)
        if args.logs is not None:
            aws.s3.BucketLogging(
                f"{name}-logging",
                bucket=bucket.id,
                region=self._region,
                target_bucket=args.logs,
                target_prefix=f"{args.purpose}/",
                opts=self._child,
            )
        self.register_outputs({"name": self.name, "reference": self.reference})

    def _close(self, name: str, bucket: aws.s3.Bucket) -> None:
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-closed",
            bucket=bucket.id,
            region=self._region,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.id,
            region=self._region,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self._child,
        )
        refused = Statement(
            sid="EncryptedOnly",
            allow=False,
            everybody=True,
            actions=["s3:*"],
            resources=[bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
            condition={"Bool": {"aws:SecureTransport": "false"}},
        )
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            region=self._region,
            policy=document(refused, *(_about(bucket, each) for each in self._readers)),
            # The block refuses policies that it takes for public while both are being made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )

    def _encrypt(self, name: str, args: ObjectStoreArgs, bucket: aws.s3.Bucket) -> None:
        by_default = _EncryptedBy(sse_algorithm="aws:kms", kms_master_key_id=args.key)
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            region=self._region,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default, bucket_key_enabled=True
                )
            ],
            opts=self._child,
        )

    def _forget(self, name: str, args: ObjectStoreArgs, bucket: aws.s3.Bucket) -> None:
        versioned = aws.s3.BucketVersioning(
            f"{name}-versions",
            bucket=bucket.id,
            region=self._region,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=self._child,
        )
        expiration = None
        if args.keep_days is not None:
            expiration = aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=args.keep_days)
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="forget",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            expiration=expiration,
            noncurrent_version_expiration=_OldVersions(noncurrent_days=OLD_VERSIONS_DAYS),
            abort_incomplete_multipart_upload=_Abandoned(
                days_after_initiation=ABANDONED_UPLOADS_DAYS
            ),
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.id,
            region=self._region,
            rules=[rule],
            # Rules about versions need versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioned]),
        )


def _about(bucket: aws.s3.Bucket, given: Statement) -> Statement:
    """A statement about this bucket, which has no name before it is made."""
    named = [pulumi.Output.format(each, bucket=bucket.arn) for each in given.resources]
    return replace(given, resources=named)
