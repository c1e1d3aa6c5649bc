"""The database of a region: PostgreSQL sharded by Citus, one cluster a region (R-P4-DB, D-10).

Owns StackGres' objects: one coordinator, to which services and migrations talk as to any
PostgreSQL, and groups of shards, each with a server in every zone. TLS with the stack's own
certificate (ENV-03). No pooler stands before it: migrations hold a lock on their connection (M-3),
which a pooler gives to others. Base backups every night, and every change in between, go to the
stack's bucket for backups, whose place the settings say (RES-03).

Each service keeps a database of its own on the coordinator. Citus spreads tables of the database
`manpasik` alone: a service moves its large tables there by a migration of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from components.contracts import ObjectStore
from components.data.certificate import self_signed
from settings import connections, names, region_names
from settings.keeping import Citus
from settings.loader import Settings
from settings.secrets import Secrets

VERSION, PORT = "16", 5432
NIGHTLY = "0 17 * * *"
"""02:00 in Seoul."""
_GROUP = "stackgres.io"
_CREATED_READY = {"pulumi.com/waitFor": "condition=Bootstrapped"}
"""Before that there is nobody to make a service's database."""
_LOGGED = {
    "log_connections": "on",
    "log_disconnections": "on",
    "log_lock_waits": "on",
    # What is asked and answered is health data: statements stay out of the logs.
    "log_min_duration_statement": "-1",
    "log_statement": "ddl",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardedArgs:
    """How large, where, and where its backups go."""

    settings: Settings
    database: Citus
    namespace: pulumi.Input[str]
    secrets: Secrets
    backups: ObjectStore


class Sharded(pulumi.ComponentResource):
    """A sharded PostgreSQL, behind the contract of a store."""

    configuration: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: ShardedArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make what the cluster refers to, then the cluster."""
        super().__init__("manpasik:data:Sharded", name, None, opts)
        self._args, self._name = args, name
        self._labels = names.labels(region_names.SHARDED, "data-store", args.settings.stack_name)
        host = names.host(region_names.SHARDED, names.DATA_NAMESPACE)
        cluster = self._cluster(self._secret(host), self._profile(), self._settings())
        self.configuration = {
            "DB_HOST": pulumi.Output.from_input(host),
            "DB_PORT": pulumi.Output.from_input(str(PORT)),
            "DB_SSLMODE": pulumi.Output.from_input(
                connections.sslmode(args.settings.connections_per_pod)
            ),
        }
        self.secrets = {}
        self.ready_when = (cluster,)
        self.register_outputs(dict(self.configuration))

    def _secret(self, host: str) -> pulumi.Output[str]:
        given = self._args.secrets
        certificate, key = self_signed(host, given.derive("postgres-tls"))
        held = {
            "username": given.values["DB_USER"],
            "password": given.values["DB_PASSWORD"],
            "tls.crt": certificate,
            "tls.key": key,
        }
        made = k8s.core.v1.Secret(
            f"{self._name}-secret",
            metadata=self._metadata(),
            string_data={each: pulumi.Output.secret(value) for each, value in held.items()},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return made.metadata.name

    def _profile(self) -> pulumi.Output[str]:
        database = self._args.database
        spec = {"cpu": database.cpu, "memory": database.memory}
        return _named(self._object("profile", "v1", "SGInstanceProfile", spec))

    def _settings(self) -> pulumi.Output[str]:
        size = self._args.settings.environment.database
        most = {"max_connections": str(size.connections)} if size else {}
        spec = {"postgresVersion": VERSION, "postgresql.conf": {**_LOGGED, **most}}
        return _named(self._object("settings", "v1", "SGPostgresConfig", spec))

    def _storage(self) -> pulumi.Output[str]:
        """The bucket, which the servers open by their identity: no key lies anywhere."""
        spec = object_storage(self._args.backups)
        return _named(self._object("backups", "v1beta1", "SGObjectStorage", spec))

    def _cluster(
        self, secret: pulumi.Input[str], profile: pulumi.Input[str], configured: pulumi.Input[str]
    ) -> k8s.apiextensions.CustomResource:
        database = self._args.database
        group: dict[str, object] = {
            "sgInstanceProfile": profile,
            "configurations": {"sgPostgresConfig": configured},
            "pods": {
                "persistentVolume": {"size": database.storage},
                "disableConnectionPooling": True,
                "scheduling": _scheduling(),
            },
        }
        shards = {"clusters": database.shards, "instancesPerCluster": database.replicas}
        kept = {
            "sgObjectStorage": self._storage(),
            "cronSchedule": NIGHTLY,
            # One a night: as many as there are days.
            "retention": self._args.settings.stack.backups.retention_days,
        }
        spec: dict[str, object] = {
            "type": "citus",
            "profile": "production",
            "database": names.APPLICATION,
            "postgres": {"version": VERSION, "ssl": _tls(secret)},
            # A write is on two servers before anybody is told that it is done.
            "replication": {"mode": "strict-sync", "syncInstances": 1},
            "coordinator": {"instances": database.replicas, **group},
            "shards": {**shards, **group},
            "configurations": {
                "backups": [kept],
                "credentials": {"users": {"superuser": _user(secret)}},
            },
        }
        return self._object(
            "cluster", "v1alpha1", "SGShardedCluster", spec, protect=self._args.settings.protected
        )

    def _metadata(self) -> k8s.meta.v1.ObjectMetaArgs:
        return pods.metadata(region_names.SHARDED, self._args.namespace, self._labels)

    def _object(
        self,
        part: str,
        version: str,
        kind: str,
        spec: Mapping[str, object],
        *,
        protect: bool = False,
    ) -> k8s.apiextensions.CustomResource:
        awaited = _CREATED_READY if kind == "SGShardedCluster" else None
        return k8s.apiextensions.CustomResource(
            f"{self._name}-{part}",
            api_version=f"{_GROUP}/{version}",
            kind=kind,
            metadata=pods.metadata(
                region_names.SHARDED, self._args.namespace, self._labels, awaited
            ),
            spec=dict(spec),
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )


def object_storage(backups: ObjectStore) -> dict[str, object]:
    """A bucket as StackGres' SGObjectStorage names it."""
    if backups.kind == "gcs":
        credentials = {"fetchCredentialsFromMetadataService": True}
        return {"type": "gcs", "gcs": {"bucket": backups.name, "gcpCredentials": credentials}}
    found = {"bucket": backups.name, "region": backups.region}
    return {"type": "s3", "s3": {**found, "awsCredentials": {"useIAMRole": True}}}


def _named(made: pulumi.Resource) -> pulumi.Output[str]:
    """The name by which another object refers to this one, known when it is there."""
    return made.urn.apply(lambda _: region_names.SHARDED)


def _tls(secret: pulumi.Input[str]) -> dict[str, object]:
    return {
        "enabled": True,
        "certificateSecretKeySelector": {"name": secret, "key": "tls.crt"},
        "privateKeySecretKeySelector": {"name": secret, "key": "tls.key"},
    }


def _user(secret: pulumi.Input[str]) -> dict[str, object]:
    return {each: {"name": secret, "key": each} for each in ("username", "password")}


def _scheduling() -> dict[str, object]:
    """On the platform's nodes (D-7), before anything else, and a group's servers in its zones."""
    return {
        "nodeSelector": {names.POOL_LABEL: names.PLATFORM_POOL},
        "tolerations": [
            {
                "key": names.POOL_LABEL,
                "operator": "Equal",
                "value": names.PLATFORM_POOL,
                "effect": "NoSchedule",
            }
        ],
        "priorityClassName": names.priority("data"),
    }
