"""The migration Job of one service (R-P2-MIG, R-MIG-6): database, files, look, `migrate up`.

The stock golang-migrate image runs the service's SQL files, which the image `migrations` carries
under `/migrations/<service>`. The Job is named after the digest of what it does, since a Job's
template cannot change (pitfall A-2), and wears labels of its own, so that no HPA counts its pod
(pitfall A-3). The service's Deployment depends on it.

golang-migrate itself never holds the credentials that may do everything: it logs in as a role that
owns the one database, with a password that the step before made and that ends with the pod.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from components.delivery.schema import (
    FULL_PERCENT,
    LOCK_TIMEOUT_SECONDS,
    LONG_TRANSACTION_SECONDS,
    REPLICATION_LAG_BYTES,
    REPLICATION_LAG_SECONDS,
    STATEMENT_TIMEOUT_SECONDS,
    database_of,
    limits,
    lock_id,
    migrations_table,
)
from components.environment import Environment
from settings import names
from settings.catalog import Service

MIGRATE_IMAGE = "migrate/migrate:v4.19.1"
DEADLINE_SECONDS = 6 * 3600
"""An index of a large table is built for hours; whatever locks or hangs ends by its own limit."""
ROLE_MINUTES = 60
"""For that long the migration's role may log in; who is logged in by then stays."""
FILES = "/files"
CREDENTIALS = "/credentials"
STEPS = "/steps"
_CONNECTION = ("DB_HOST", "DB_NAME", "DB_PASSWORD", "DB_PORT", "DB_SSLMODE", "DB_USER")
Driver = Literal["pgx5", "cockroachdb"]
"""By engine (decision 7, D-10): CockroachDB has no advisory lock, which `pgx5` takes (M-3)."""


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
    steps: pulumi.Input[str]
    """The ConfigMap with the steps' shell and SQL."""
    runs_after: Sequence[pulumi.Resource] = ()
    driver: Driver = "pgx5"


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
            # What the release gate reads: how far the schema is once it succeeded.
            {names.SCHEMA_ANNOTATION: str(len(args.service.schema_files))},
        )
        self.register_outputs({"job": self.job.metadata.name})


def database_url(
    service: Service, sslmode: pulumi.Input[str], driver: Driver = "pgx5"
) -> pulumi.Output[str]:
    """golang-migrate's address of the database; the kubelet fills in the variables.

    The password is not in it: a command line can be read, PGPASSFILE cannot. The server lets go of
    a client that is gone. The limits here are those of a statement that stands alone and cannot set
    its own (CONCURRENTLY): it may take its time. Every other file is copied with stricter ones.
    """
    address = f"$(DB_HOST):$(DB_PORT)/$(DB_NAME)?x-migrations-table={migrations_table(service)}"
    user = names.migration_role(database_of(service)) if driver == "pgx5" else "$(DB_USER)"
    extra = (
        [f"&{name}={value}" for name, value in limits(service).items()] if driver == "pgx5" else []
    )
    return pulumi.Output.concat(f"{driver}://{user}@{address}&sslmode=", sslmode, *extra)


def _template(
    args: MigrationArgs, labels: dict[str, str], account: k8s.core.v1.ServiceAccount
) -> k8s.core.v1.PodTemplateSpecArgs:
    volumes = [
        pods.scratch("files", FILES),
        pods.scratch("credentials", CREDENTIALS),
        pods.from_config_map("steps", STEPS, args.steps),
    ]
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
            init_containers=_before(args, [mount for _, mount in volumes]),
            containers=[_migrate(args, [mount for _, mount in volumes])],
            volumes=[volume for volume, _ in volumes],
        ),
    )


def _before(
    args: MigrationArgs, mounts: list[k8s.core.v1.VolumeMountArgs]
) -> list[k8s.core.v1.ContainerArgs]:
    """Database and role, files, and a look at the schema as it stands."""
    files, credentials, steps = mounts
    connection = args.environment.variables(_CONNECTION)
    special = "" if args.driver == "pgx5" else f"_{args.driver}"
    return [
        _step(
            "prepare-database",
            args.client_image,
            ["sh", f"{STEPS}/prepare{special}.sh"],
            env=[*connection, *_told(args, "ROLE", "ROLE_MINUTES", "PGPASSFILE")],
            mounts=[credentials, steps],
        ),
        _step(
            "copy-files",
            args.files_image,
            ["sh", f"{STEPS}/copy.sh"],
            pull=args.files_pull_policy,
            env=_told(args, *COPYING),
            mounts=[files, steps],
        ),
        _step(
            "preflight",
            args.client_image,
            ["sh", f"{STEPS}/preflight{special}.sh"],
            env=[*connection, *_told(args, *EXAMINATION)],
            mounts=[files, steps],
        ),
    ]


def _migrate(
    args: MigrationArgs, mounts: list[k8s.core.v1.VolumeMountArgs]
) -> k8s.core.v1.ContainerArgs:
    files, credentials, _ = mounts
    url = database_url(args.service, args.sslmode, args.driver)
    return _step(
        "migrate",
        MIGRATE_IMAGE,
        ["migrate", "-path", FILES, "-database", url, "up"],
        env=[
            *args.environment.variables(("DB_HOST", "DB_PORT", "DB_NAME")),
            *_told(args, "PGPASSFILE"),
        ],
        mounts=[files, credentials],
    )


COPYING = ("SOURCE", "FILES", "TABLE", "WITNESS", "LOCK_TIMEOUT", "STATEMENT_TIMEOUT")
EXAMINATION = (
    "ROLE", "SERVICE", "TABLE", "FILES", "STEPS", "LOCK", "WAY",
    "LONG_SECONDS", "LAG_SECONDS", "LAG_BYTES", "FULL_PERCENT",
)  # fmt: skip


def _told(args: MigrationArgs, *wanted: str) -> list[k8s.core.v1.EnvVarArgs]:
    """What the steps are told: names and figures, no secret."""
    database, table = database_of(args.service), migrations_table(args.service)
    every = {
        "ROLE": names.migration_role(database),
        "ROLE_MINUTES": str(ROLE_MINUTES),
        "PGPASSFILE": f"{CREDENTIALS}/pgpass",
        "SERVICE": args.service.name,
        "SOURCE": f"/migrations/{args.service.name}",
        "FILES": FILES,
        "STEPS": STEPS,
        "TABLE": table,
        "WITNESS": "yes" if args.driver == "pgx5" else "no",
        "LOCK_TIMEOUT": f"{LOCK_TIMEOUT_SECONDS}s",
        "STATEMENT_TIMEOUT": f"{STATEMENT_TIMEOUT_SECONDS}s",
        "WAY": "up",
        "LOCK": str(lock_id(database, table)),
        "LONG_SECONDS": str(LONG_TRANSACTION_SECONDS),
        "LAG_SECONDS": str(REPLICATION_LAG_SECONDS),
        "LAG_BYTES": str(REPLICATION_LAG_BYTES),
        "FULL_PERCENT": str(FULL_PERCENT),
    }
    return [k8s.core.v1.EnvVarArgs(name=name, value=every[name]) for name in wanted]


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
