"""Copies of the backups in further places, against the loss of the first (RES-03).

Amazon copies each object as it comes, within minutes; a deletion is not copied. Each copy is
encrypted with a key of its own place.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.buckets import ObjectStore, ObjectStoreArgs
from components.aws.front_keys import FrontKey, FrontKeyArgs
from components.aws.policies import Statement, role, trust
from settings import names
from settings.loader import Settings

_Rule = aws.s3.BucketReplicationConfigRuleArgs
_Destination = aws.s3.BucketReplicationConfigRuleDestinationArgs
_Encrypted = aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs
_Selected = aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs
_SelectedEncrypted = (
    aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs
)
_Deletions = aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs


@dataclass(frozen=True, kw_only=True, slots=True)
class CopiesArgs:
    """What is copied, and where to; the places are the settings'."""

    settings: Settings
    source: ObjectStore
    key: pulumi.Input[str]
    """With which the source is encrypted."""
    account: pulumi.Input[str]


class Copies(pulumi.ComponentResource):
    """A bucket in each further place, and what fills it."""

    places: dict[str, pulumi.Output[str]]
    """Each copy's bucket, by its place."""

    def __init__(
        self, name: str, args: CopiesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the buckets, then the rule that fills them."""
        super().__init__("manpasik:aws:Copies", name, None, opts)
        self._args, self._name = args, name
        self._child = pulumi.ResourceOptions(parent=self)
        made = {place: self._copy(place) for place in args.settings.stack.backups.copies}
        self._fill(made)
        self.places = {place: bucket.name for place, (bucket, _) in made.items()}
        self.register_outputs({"places": self.places})

    def _copy(self, place: str) -> tuple[ObjectStore, pulumi.Output[str]]:
        args = self._args
        purpose = f"backups-{place}"
        there = FrontKeyArgs(
            settings=args.settings, purpose=purpose, region=place, account=args.account
        )
        key = FrontKey(f"{self._name}-{place}-key", there, self._child).key
        kept = ObjectStoreArgs(
            settings=args.settings,
            purpose=purpose,
            owner=args.account,
            key=key,
            keep_days=args.settings.stack.backups.retention_days,
            region=place,
        )
        return ObjectStore(f"{self._name}-{place}", kept, self._child), key

    def _fill(self, made: dict[str, tuple[ObjectStore, pulumi.Output[str]]]) -> None:
        rules = [
            _Rule(
                id=place,
                priority=index,
                status="Enabled",
                filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
                delete_marker_replication=_Deletions(status="Disabled"),
                source_selection_criteria=_Selected(
                    sse_kms_encrypted_objects=_SelectedEncrypted(status="Enabled")
                ),
                destination=_Destination(
                    bucket=bucket.reference,
                    encryption_configuration=_Encrypted(replica_kms_key_id=key),
                ),
            )
            for index, (place, (bucket, key)) in enumerate(made.items())
        ]
        aws.s3.BucketReplicationConfig(
            f"{self._name}-replication",
            bucket=self._args.source.name,
            role=self._copier(made).arn,
            rules=rules,
            # Amazon copies versions, and refuses a rule where there are none yet.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[self._args.source, *(each for each, _ in made.values())]
            ),
        )

    def _copier(self, made: dict[str, tuple[ObjectStore, pulumi.Output[str]]]) -> aws.iam.Role:
        source = self._args.source.reference
        read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
        written = [pulumi.Output.concat(each.reference, "/*") for each, _ in made.values()]
        return role(
            self._name,
            names.cloud(self._args.settings.stack_name, "backups-copies"),
            trust("s3.amazonaws.com"),
            self,
            statements=[
                Statement(
                    sid="Find",
                    actions=["s3:GetReplicationConfiguration", "s3:ListBucket"],
                    resources=[source],
                ),
                Statement(sid="Read", actions=read, resources=[pulumi.Output.concat(source, "/*")]),
                Statement(
                    sid="Write",
                    actions=["s3:ReplicateObject", "s3:ReplicateTags"],
                    resources=written,
                ),
                Statement(sid="Open", actions=["kms:Decrypt"], resources=[self._args.key]),
                Statement(
                    sid="Close",
                    actions=["kms:Encrypt", "kms:GenerateDataKey"],
                    resources=[key for _, key in made.values()],
                ),
            ],
        )
