"""The managed PostgreSQL of an environment (decision 7): RDS, a database per service.

The databases themselves are made by each service's migration, on every kind of server alike. TLS
only (ENV-03); connections are shared out among the pods, so that all of them at their most fit
(ENV-13). What is deleted here is patients' data: protected by the program, by the cloud and by a
last snapshot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.network import from_nodes
from components.aws.policies import role, trust
from settings import connections, names
from settings.environments import DatabaseSize
from settings.instances import instance_for
from settings.loader import Settings
from settings.secrets import Secrets

VERSION = "16"
PORT = 5432
GROWTH = 3
"""The disk grows by itself to so many times its size."""
MONITORING_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseArgs:
    """How large, where, for whom."""

    settings: Settings
    size: DatabaseSize
    secrets: Secrets
    network: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    clients: pulumi.Input[str]
    """The security group that may connect."""
    data_key: pulumi.Input[str]


class Database(pulumi.ComponentResource):
    """One PostgreSQL server, behind the contract of a store."""

    configuration: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the server and what it stands in."""
        super().__init__("manpasik:aws:Database", name, None, opts)
        self._args = args
        self._physical = names.cloud(args.settings.stack_name)
        self._child = pulumi.ResourceOptions(parent=self)
        server = self._server(self._subnets(), self._firewall(), self._parameters())
        self.configuration = {
            "DB_HOST": server.address,
            "DB_PORT": pulumi.Output.from_input(str(PORT)),
            "DB_SSLMODE": pulumi.Output.from_input(
                connections.sslmode(args.settings.connections_per_pod)
            ),
        }
        self.secrets = {}
        self.ready_when = (server,)
        self.register_outputs(dict(self.configuration))

    def _subnets(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            "database-subnets",
            name=self._physical,
            subnet_ids=list(self._args.subnets),
            opts=self._child,
        )

    def _firewall(self) -> aws.ec2.SecurityGroup:
        args, stack = self._args, self._args.settings.stack_name
        return from_nodes(
            "database", "PostgreSQL", PORT, args.network, args.clients, stack, self._child
        )

    def _parameters(self) -> aws.rds.ParameterGroup:
        restart = {"max_connections": str(self._args.size.connections)}
        at_once = {
            "rds.force_ssl": "1",
            "log_connections": "1",
            "log_disconnections": "1",
            "log_lock_waits": "1",
            # What is asked and answered is health data: statements stay out of the logs, slow
            # ones too, since their parameters would be told. Performance Insights finds those.
            "log_min_duration_statement": "-1",
            "log_min_error_statement": "error",
            "log_statement": "ddl",
        }
        return aws.rds.ParameterGroup(
            "database-parameters",
            name=self._physical,
            family=f"postgres{VERSION}",
            parameters=[
                aws.rds.ParameterGroupParameterArgs(name=key, value=value, apply_method=method)
                for method, given in (("pending-reboot", restart), ("immediate", at_once))
                for key, value in given.items()
            ],
            opts=self._child,
        )

    def _watcher(self) -> aws.iam.Role:
        return role(
            "database-monitoring",
            names.cloud(self._args.settings.stack_name, "database-monitoring"),
            trust("monitoring.rds.amazonaws.com"),
            self,
            managed=["AmazonRDSEnhancedMonitoringRole"],
        )

    def _server(
        self,
        subnets: aws.rds.SubnetGroup,
        firewall: aws.ec2.SecurityGroup,
        parameters: aws.rds.ParameterGroup,
    ) -> aws.rds.Instance:
        args, size = self._args, self._args.size
        return aws.rds.Instance(
            "database-server",
            identifier=self._physical,
            engine="postgres",
            engine_version=VERSION,
            instance_class=_machine(args),
            allocated_storage=size.storage_gb,
            max_allocated_storage=size.storage_gb * GROWTH,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=args.data_key,
            username=args.secrets.values["DB_USER"],
            password=pulumi.Output.secret(args.secrets.values["DB_PASSWORD"]),
            iam_database_authentication_enabled=True,
            multi_az=size.zones > 1,
            publicly_accessible=False,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[firewall.id],
            parameter_group_name=parameters.name,
            backup_retention_period=min(
                size.backup_days, args.settings.stack.backups.retention_days
            ),
            backup_window="17:00-18:00",  # 02:00 in Seoul
            maintenance_window="sun:18:00-sun:19:00",
            copy_tags_to_snapshot=True,
            delete_automated_backups=False,
            deletion_protection=args.settings.protected,
            skip_final_snapshot=False,
            final_snapshot_identifier=names.cloud(args.settings.stack_name, "last"),
            auto_minor_version_upgrade=True,
            enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=self._watcher().arn,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.data_key,
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )


def _machine(args: DatabaseArgs) -> str:
    known, size = args.settings.catalog.instances, args.size
    machine = instance_for(known, "aws", "database", size.vcpu, size.memory_gb)
    if machine is None:
        raise ValueError(f"no database of {size.vcpu}/{size.memory_gb}: the rules missed it")
    return machine
