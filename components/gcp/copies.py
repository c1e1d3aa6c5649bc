"""Copies of the backups in further places, against the loss of the first (RES-03).

Google's transfer service copies what is new every hour; a deletion is not copied. Each copy is
encrypted with a key of its own place.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.gcp.buckets import ObjectStore, ObjectStoreArgs
from components.gcp.front_keys import FrontKey, FrontKeyArgs
from settings.cloud import GcpSettings
from settings.loader import Settings

HOURLY = "3600s"
_Begin = gcp.storage.TransferJobScheduleScheduleStartDateArgs
_SINCE = _Begin(year=2026, month=1, day=1)
"""In the past: from the next hour on."""
_SOURCE_ROLES = ("roles/storage.objectViewer", "roles/storage.legacyBucketReader")
_SINK_ROLES = ("roles/storage.objectUser", "roles/storage.legacyBucketReader")


@dataclass(frozen=True, kw_only=True, slots=True)
class CopiesArgs:
    """What is copied, and where to; the places are the settings'."""

    settings: Settings
    cloud: GcpSettings
    project: str
    number: pulumi.Input[str]
    source: ObjectStore


class Copies(pulumi.ComponentResource):
    """A bucket in each further place, and what fills it."""

    places: dict[str, pulumi.Output[str]]
    """Each copy's bucket, by its place."""

    def __init__(
        self, name: str, args: CopiesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the buckets, then what fills them."""
        super().__init__("manpasik:gcp:Copies", name, None, opts)
        self._args, self._name = args, name
        self._child = pulumi.ResourceOptions(parent=self)
        switched = gcp.projects.Service(
            f"{name}-api",
            project=args.project,
            service="storagetransfer.googleapis.com",
            disable_on_destroy=False,
            opts=self._child,
        )
        # Named by the project's number alone; there as soon as the service is.
        self._agent = pulumi.Output.all(args.number, switched.service).apply(_agent)
        grants = self._granted(f"{name}-source", args.source, _SOURCE_ROLES)
        made = {place: self._copy(place, grants) for place in args.settings.stack.backups.copies}
        self.places = {place: bucket.name for place, bucket in made.items()}
        self.register_outputs({"places": self.places})

    def _copy(self, place: str, grants: list[pulumi.Resource]) -> ObjectStore:
        args, purpose = self._args, f"backups-{place}"
        there = FrontKeyArgs(
            settings=args.settings,
            purpose=purpose,
            region=place,
            project=args.project,
            number=args.number,
            services=["gs-project-accounts"],
        )
        kept = ObjectStoreArgs(
            settings=args.settings,
            cloud=args.cloud,
            project=args.project,
            purpose=purpose,
            owner=args.project,
            key=FrontKey(f"{self._name}-{place}-key", there, self._child).key,
            keep_days=args.settings.stack.backups.retention_days,
            region=place,
        )
        bucket = ObjectStore(f"{self._name}-{place}", kept, self._child)
        ready = [*grants, *self._granted(f"{self._name}-{place}", bucket, _SINK_ROLES)]
        self._fill(place, bucket, ready)
        return bucket

    def _granted(
        self, name: str, bucket: ObjectStore, roles: tuple[str, ...]
    ) -> list[pulumi.Resource]:
        return [
            gcp.storage.BucketIAMMember(
                f"{name}-{role.rpartition('.')[2].lower()}",
                bucket=bucket.name,
                role=role,
                member=self._agent,
                opts=self._child,
            )
            for role in roles
        ]

    def _fill(self, place: str, bucket: ObjectStore, ready: list[pulumi.Resource]) -> None:
        source = gcp.storage.TransferJobTransferSpecGcsDataSourceArgs(
            bucket_name=self._args.source.name
        )
        sink = gcp.storage.TransferJobTransferSpecGcsDataSinkArgs(bucket_name=bucket.name)
        gcp.storage.TransferJob(
            f"{self._name}-{place}-job",
            project=self._args.project,
            description=f"ManPaSik {self._args.settings.stack_name}: backups to {place}",
            schedule=gcp.storage.TransferJobScheduleArgs(
                schedule_start_date=_SINCE, repeat_interval=HOURLY
            ),
            transfer_spec=gcp.storage.TransferJobTransferSpecArgs(
                gcs_data_source=source, gcs_data_sink=sink
            ),
            # Google looks at the rights when the job is made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=ready),
        )


def _agent(found: list[str]) -> str:
    return f"serviceAccount:project-{found[0]}@storage-transfer-service.iam.gserviceaccount.com"
