"""The migration Job of one service (R-P2-MIG, R-MIG-6): database, files, `migrate up`.

The stock golang-migrate image runs the service's SQL files, which the image `migrations` carries
under `/migrations/<service>`. The Job is named after the digest of what it does, since a Job's
template cannot change (pitfall A-2), and wears labels of its own, so that no HPA counts its pod
(pitfall A-3). The service's Deployment depends on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from components.delivery.schema import migrations_table
from components.environment import Environment
from settings import names
from settings.catalog import Service

MIGRATE_IMAGE = "migrate/migrate:v4.19.1"
DEADLINE_SECONDS = 600
STATEMENT_TIMEOUT_SECONDS = 300
FILES = "/files"
_CONNECTION = ("DB_HOST", "DB_NAME", "DB_PASSWORD", "DB_PORT", "DB_SSLMODE", "DB_USER")

# psql's gexec runs what the query returns: nothing where the database exists already.
CREATE_DATABASE = """\
set -eu
export PGSSLMODE=${DB_SSLMODE%%&*} PGPASSWORD=$DB_PASSWORD PGCONNECT_TIMEOUT=3
run() { psql -h "$DB_HOST" -p "$DB_PORT" -U "$DB_USER" -d postgres -v ON_ERROR_STOP=1 -qtA "$@"; }
until run -c 'select 1' >/dev/null 2>&1; do echo "waiting for $DB_HOST"; sleep 2; done
run -v name="$DB_NAME" <<'SQL'
select format('create database %I', :'name')
 where not exists (select 1 from pg_database where datname = :'name') \\gexec
SQL
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class MigrationArgs:
    """What a migration needs from its surroundings."""

    stack: str
    service: Service
    meshed: bool
    """Whether the mesh would put a proxy beside the Job, which needs none: it talks to a store."""
    files_image: str
    """Image with the SQL files of every service under `/migrations`."""
    files_pull_policy: str
    """Of that image: a node must not keep yesterday's files under a tag that moves (R-IMG-1)."""
    client_image: str
    """Image with psql."""
    namespace: pulumi.Input[str]
    environment: Environment
    sslmode: pulumi.Input[str]
    """TLS mode of the connection, without the pool options that DB_SSLMODE may carry (ENV-13)."""
    runs_after: Sequence[pulumi.Resource] = ()


class Migration(pulumi.ComponentResource):
    """One Job per service and digest."""

    job: k8s.batch.v1.Job

    def __init__(
        self, name: str, args: MigrationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the account and the Job."""
        super().__init__("manpasik:delivery:Migration", name, None, opts)
        own_name = f"{args.service.name}-migration"
        labels = names.labels(own_name, "migration", args.stack)
        account = pods.service_account(
            f"{name}-account", pods.metadata(own_name, args.namespace, labels), self
        )
        self.job = pods.job(
            f"{name}-job",
            f"{args.service.name}-migrate",
            args.namespace,
            labels,
            _template(args, labels, account),
            DEADLINE_SECONDS,
            # The store is an edge that no value carries.
            pulumi.ResourceOptions(parent=self, depends_on=list(args.runs_after)),
        )
        self.register_outputs({"job": self.job.metadata.name})


def database_url(service: Service, sslmode: pulumi.Input[str]) -> pulumi.Output[str]:
    """golang-migrate's address of the database; the kubelet fills in the variables.

    `pgx5` is the driver of PostgreSQL (decision 7). A statement that takes too long gives up in
    time instead of queueing every reader behind it.
    """
    return pulumi.Output.concat(
        "pgx5://$(DB_USER):$(DB_PASSWORD)@$(DB_HOST):$(DB_PORT)/$(DB_NAME)?sslmode=",
        sslmode,
        f"&x-migrations-table={migrations_table(service)}",
        f"&x-statement-timeout={STATEMENT_TIMEOUT_SECONDS * 1000}",
    )


def _template(
    args: MigrationArgs, labels: dict[str, str], account: k8s.core.v1.ServiceAccount
) -> k8s.core.v1.PodTemplateSpecArgs:
    url = database_url(args.service, args.sslmode)
    env = args.environment.variables(_CONNECTION)
    volume, mount = pods.scratch("files", FILES)
    copy = f"cp /migrations/{args.service.name}/*.sql {FILES}/"
    return k8s.core.v1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(
            labels=labels | ({"sidecar.istio.io/inject": "false"} if args.meshed else {})
        ),
        spec=k8s.core.v1.PodSpecArgs(
            service_account_name=account.metadata.name,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pods.pod_security(),
            restart_policy="Never",
            # A service waits for it: on full nodes it must not wait for a service.
            priority_class_name=names.priority(args.service.priority),
            init_containers=[
                _step("create-database", args.client_image, ["sh", "-c", CREATE_DATABASE], env=env),
                _step(
                    "copy-files",
                    args.files_image,
                    ["sh", "-c", copy],
                    pull=args.files_pull_policy,
                    mounts=[mount],
                ),
            ],
            containers=[
                _step(
                    "migrate",
                    MIGRATE_IMAGE,
                    ["migrate", "-path", FILES, "-database", url, "up"],
                    env=env,
                    mounts=[mount],
                )
            ],
            volumes=[volume],
        ),
    )


def _step(
    name: str,
    image: str,
    command: list[pulumi.Input[str]],
    *,
    pull: str | None = None,
    env: list[k8s.core.v1.EnvVarArgs] | None = None,
    mounts: list[k8s.core.v1.VolumeMountArgs] | None = None,
) -> k8s.core.v1.ContainerArgs:
    return k8s.core.v1.ContainerArgs(
        name=name,
        image=image,
        image_pull_policy=pull,
        command=command,
        env=env,
        resources=pods.resources("50m", "64Mi", memory_limit="256Mi"),
        security_context=pods.container_security(),
        volume_mounts=mounts,
    )
