"""The managed Redis of an environment: Memorystore, encrypted at rest, with a password.

The product's client speaks no TLS, and Memorystore either insists on it or has none (ADR 0031).
Only what is in the network reaches it. Memorystore makes the password itself; nobody can choose it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.cloud import GcpSettings
from settings.environments import CacheSize
from settings.loader import Settings
from settings.secrets import Secrets

VERSION = "REDIS_7_2"
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheArgs:
    """How large, where, for whom."""

    settings: Settings
    cloud: GcpSettings
    project: str
    size: CacheSize
    secrets: Secrets
    network: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    """The range of managed stores."""
    data_key: pulumi.Input[str]


class Cache(pulumi.ComponentResource):
    """One Redis, behind the contract of a store."""

    configuration: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the server."""
        super().__init__("manpasik:gcp:Cache", name, None, opts)
        server = self._server(args)
        self.configuration = {
            "REDIS_HOST": server.host,
            "REDIS_PORT": server.port.apply(str),
        }
        self.secrets = {"REDIS_PASSWORD": pulumi.Output.secret(server.auth_string)}
        self.ready_when = (server,)
        self.register_outputs(dict(self.configuration))

    def _server(self, args: CacheArgs) -> gcp.redis.Instance:
        return gcp.redis.Instance(
            "cache-server",
            name=names.cloud(args.settings.stack_name, longest=_LONGEST_NAME),
            project=args.project,
            region=args.cloud.region,
            redis_version=VERSION,
            tier="STANDARD_HA" if args.size.zones > 1 else "BASIC",
            memory_size_gb=args.size.memory_gb,
            connect_mode="PRIVATE_SERVICE_ACCESS",
            authorized_network=args.network,
            reserved_ip_range=args.subnets[0],
            auth_enabled=True,
            transit_encryption_mode="DISABLED",
            customer_managed_key=args.data_key,
            deletion_protection=args.settings.protected,
            persistence_config=gcp.redis.InstancePersistenceConfigArgs(
                persistence_mode="RDB", rdb_snapshot_period="TWENTY_FOUR_HOURS"
            ),
            maintenance_policy=_maintenance(),
            labels=names.tags(args.settings.stack_name),
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )


def _maintenance() -> gcp.redis.InstanceMaintenancePolicyArgs:
    """Sunday evening in UTC: the early Monday of Seoul."""
    window = gcp.redis.InstanceMaintenancePolicyWeeklyMaintenanceWindowArgs
    start = gcp.redis.InstanceMaintenancePolicyWeeklyMaintenanceWindowStartTimeArgs(hours=18)
    return gcp.redis.InstanceMaintenancePolicyArgs(
        weekly_maintenance_windows=[window(day="SUNDAY", start_time=start)]
    )
