"""The managed PostgreSQL of an environment (decision 7): Cloud SQL, a database per service.

The databases themselves are made by each service's migration, on every kind of server alike. TLS
only (ENV-03); connections are shared out among the pods, so that all of them at their most fit
(ENV-13). What is deleted here is patients' data: protected by the program, by the cloud and by a
last backup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import connections, names
from settings.cloud import GcpSettings
from settings.environments import DatabaseSize
from settings.instances import instance_for
from settings.loader import Settings
from settings.secrets import Secrets

VERSION = "POSTGRES_16"
PORT = 5432
GROWTH = 3
"""The disk grows by itself to so many times its size."""
MOST_LOG_DAYS = 7
"""The edition keeps the logs for a return to any moment no longer; backups go back further."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseArgs:
    """How large, where, for whom."""

    settings: Settings
    cloud: GcpSettings
    project: str
    size: DatabaseSize
    secrets: Secrets
    network: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    """The range of managed stores."""
    data_key: pulumi.Input[str]


class Database(pulumi.ComponentResource):
    """One PostgreSQL server, behind the contract of a store."""

    configuration: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the server, then the product's user."""
        super().__init__("manpasik:gcp:Database", name, None, opts)
        self._args = args
        server = self._server()
        user = gcp.sql.User(
            "database-user",
            name=args.secrets.values["DB_USER"],
            password=pulumi.Output.secret(args.secrets.values["DB_PASSWORD"]),
            instance=server.name,
            project=args.project,
            # It goes with its server; by itself it cannot while it owns databases.
            deletion_policy="ABANDON",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.configuration = {
            "DB_HOST": server.private_ip_address,
            "DB_PORT": pulumi.Output.from_input(str(PORT)),
            "DB_SSLMODE": pulumi.Output.from_input(
                connections.sslmode(args.settings.connections_per_pod)
            ),
        }
        self.secrets = {}
        self.ready_when = (server, user)
        self.register_outputs(dict(self.configuration))

    def _server(self) -> gcp.sql.DatabaseInstance:
        args, size = self._args, self._args.size
        return gcp.sql.DatabaseInstance(
            "database-server",
            name=names.cloud(args.settings.stack_name),
            project=args.project,
            region=args.cloud.region,
            database_version=VERSION,
            encryption_key_name=args.data_key,
            deletion_protection=args.settings.protected,
            settings=gcp.sql.DatabaseInstanceSettingsArgs(
                edition="ENTERPRISE",
                tier=_machine(args),
                availability_type="REGIONAL" if size.zones > 1 else "ZONAL",
                disk_type="PD_SSD",
                disk_size=size.storage_gb,
                disk_autoresize=True,
                disk_autoresize_limit=size.storage_gb * GROWTH,
                deletion_protection_enabled=args.settings.protected,
                retain_backups_on_delete=True,
                ip_configuration=gcp.sql.DatabaseInstanceSettingsIpConfigurationArgs(
                    ipv4_enabled=False,
                    private_network=args.network,
                    allocated_ip_range=args.subnets[0],
                    ssl_mode="ENCRYPTED_ONLY",
                ),
                backup_configuration=_kept(args),
                maintenance_window=gcp.sql.DatabaseInstanceSettingsMaintenanceWindowArgs(
                    day=7,
                    hour=18,
                    update_track="stable",
                ),
                insights_config=gcp.sql.DatabaseInstanceSettingsInsightsConfigArgs(
                    query_insights_enabled=True, record_client_address=False
                ),
                database_flags=_flags(size),
                user_labels=names.tags(args.settings.stack_name),
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )


def _kept(args: DatabaseArgs) -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    said = args.settings.stack.backups
    days = min(args.size.backup_days, said.retention_days)
    return _backups(said.location or args.cloud.region, days)


def _backups(place: str, days: int) -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    kept = gcp.sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
        retained_backups=days, retention_unit="COUNT"
    )
    return gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs(
        enabled=True,
        point_in_time_recovery_enabled=True,
        start_time="17:00",  # 02:00 in Seoul
        # Unsaid, Google keeps them in a continent, and a continent is no country.
        location=place,
        transaction_log_retention_days=min(days, MOST_LOG_DAYS),
        backup_retention_settings=kept,
    )


def _flags(size: DatabaseSize) -> list[gcp.sql.DatabaseInstanceSettingsDatabaseFlagArgs]:
    wanted = {
        "cloudsql.enable_pgaudit": "on",
        "log_checkpoints": "on",
        "log_connections": "on",
        "log_disconnections": "on",
        "log_lock_waits": "on",
        # What is asked and answered is health data: statements stay out of the logs, slow ones
        # too, since their parameters would be told. Query Insights finds those.
        "log_min_duration_statement": "-1",
        "log_min_error_statement": "error",
        "log_statement": "ddl",
        "max_connections": str(size.connections),
    }
    flag = gcp.sql.DatabaseInstanceSettingsDatabaseFlagArgs
    return [flag(name=name, value=value) for name, value in wanted.items()]


def _machine(args: DatabaseArgs) -> str:
    known, size = args.settings.catalog.instances, args.size
    machine = instance_for(known, "gcp", "database", size.vcpu, size.memory_gb)
    if machine is None:
        raise ValueError(f"no database of {size.vcpu}/{size.memory_gb}: the rules missed it")
    return machine
