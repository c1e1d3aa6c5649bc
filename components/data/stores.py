"""The in-cluster stores that a stack's services use, one component per kind.

Each gives the ConfigMap entries that lead to it, under the names that the code reads
(`contracts.DataStore`). A store that no service uses is not made (DATA-02).
"""

from collections.abc import Mapping, Sequence

import pulumi

from components.contracts import DataStore, ObjectStore
from components.data.base import Entries, InClusterStore, StoreArgs
from components.data.milvus import Milvus
from components.data.postgres import Postgres
from components.data.server import ServerArgs, exec_probe, tcp_probe
from components.data.sharded import Sharded, ShardedArgs
from components.data.topics import Topics, TopicsArgs
from settings import names
from settings.catalog import StoreName
from settings.keeping import CockroachDb
from settings.loader import Settings
from settings.secrets import Secrets


class Redis(InClusterStore):
    """Redis with a password and an append-only file."""

    def make(self) -> tuple[Entries, Sequence[pulumi.Resource]]:
        """Make the servers."""
        args = self.args
        server = self.server(
            "redis",
            ServerArgs(
                stack=args.stack,
                namespace=args.namespace,
                server=args.store.servers["redis"],
                command=["redis-server"],
                arguments=[
                    "--dir",
                    "/data",
                    "--appendonly",
                    "yes",
                    "--requirepass",
                    "$(REDISCLI_AUTH)",
                ],
                # redis-cli of the probe reads the password under this name.
                secrets={"REDISCLI_AUTH": args.secrets.values["REDIS_PASSWORD"]},
                data="/data",
                probe=exec_probe("sh", "-c", "redis-cli ping | grep -q PONG"),
            ),
        )
        return {"REDIS_HOST": server.host, "REDIS_PORT": self.port("redis")}, server.ready_when


class Kafka(InClusterStore):
    """Redpanda with its topics made beforehand: no client ever asks for one (KAFKA-02)."""

    def make(self) -> tuple[Entries, Sequence[pulumi.Resource]]:
        """Make the servers."""
        args = self.args
        described = args.store.servers["redpanda"]
        host = names.host("redpanda", names.DATA_NAMESPACE)
        server = self.server(
            "redpanda",
            ServerArgs(
                stack=args.stack,
                namespace=args.namespace,
                server=described,
                arguments=[
                    "redpanda",
                    "start",
                    "--mode=dev-container",
                    "--smp=1",
                    "--memory=512M",
                    f"--kafka-addr=0.0.0.0:{described.port}",
                    f"--advertise-kafka-addr={host}:{described.port}",
                    "--set",
                    "redpanda.auto_create_topics_enabled=false",
                ],
                data="/var/lib/redpanda/data",
                writable_root=True,  # rewrites /etc/redpanda/redpanda.yaml at start
                probe=exec_probe("rpk", "cluster", "health", "--exit-when-healthy"),
            ),
        )
        brokers = pulumi.Output.concat(server.host, ":", str(described.port))
        topics = Topics(
            "kafka-topics",
            TopicsArgs(
                stack=args.stack,
                namespace=args.namespace,
                image=described.image,
                user=described.user,
                brokers=brokers,
                topics=args.store.topics,
                runs_after=server.ready_when,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return {"KAFKA_BROKERS": brokers}, [*server.ready_when, topics.job]


class Elasticsearch(InClusterStore):
    """Elasticsearch, one node, with a password."""

    def make(self) -> tuple[Entries, Sequence[pulumi.Resource]]:
        """Make the servers."""
        args = self.args
        described = args.store.servers["elasticsearch"]
        server = self.server(
            "elasticsearch",
            ServerArgs(
                stack=args.stack,
                namespace=args.namespace,
                server=described,
                environment={
                    "discovery.type": "single-node",
                    "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
                    # Without it the node asks for a kernel setting that a pod cannot change.
                    "node.store.allow_mmap": "false",
                    "xpack.security.enabled": "true",
                    "xpack.security.http.ssl.enabled": "false",
                },
                secrets={"ELASTIC_PASSWORD": args.secrets.values["ELASTICSEARCH_PASSWORD"]},
                data="/usr/share/elasticsearch/data",
                writable_root=True,  # keeps a keystore in its configuration folder
                probe=tcp_probe(),
                startup_seconds=300,
            ),
        )
        url = pulumi.Output.concat("http://", server.host, ":", str(described.port))
        return {"ELASTICSEARCH_URL": url}, server.ready_when


_KINDS: Mapping[StoreName, type[InClusterStore]] = {
    "postgres": Postgres,
    "redis": Redis,
    "kafka": Kafka,
    "milvus": Milvus,
    "elasticsearch": Elasticsearch,
}


def in_cluster(
    settings: Settings,
    namespace: pulumi.Input[str],
    secrets: Secrets,
    opts: pulumi.ResourceOptions | None = None,
    managed: Mapping[StoreName, DataStore] | None = None,
    backups: ObjectStore | None = None,
) -> dict[StoreName, DataStore]:
    """Every store of the stack: a cloud's, a region's sharded database, others as StatefulSets."""
    on_platform = settings.environment.platform is not None
    elsewhere = dict(managed or {})
    if settings.sharded and backups:
        elsewhere["postgres"] = _sharded(settings, namespace, secrets, backups, opts)
    return {
        name: elsewhere.get(name)
        or _KINDS[name](
            f"{name}-store",
            StoreArgs(
                stack=settings.stack_name,
                namespace=namespace,
                store=store,
                secrets=secrets,
                on_platform=on_platform,
            ),
            opts,
        )
        for name, store in settings.stores.items()
    }


def _sharded(
    settings: Settings,
    namespace: pulumi.Input[str],
    secrets: Secrets,
    backups: ObjectStore,
    opts: pulumi.ResourceOptions | None,
) -> Sharded:
    database = settings.stack.database
    if isinstance(database, CockroachDb):
        # `mpk check` says what the choice would mean; nothing makes it (decision 0038).
        raise pulumi.RunError(
            f"Pulumi.{settings.stack_name}.yaml: manpasik:stack.database.engine = cockroachdb: the "
            "migrations are written for PostgreSQL and were never run on it; set engine: citus"
        )
    args = ShardedArgs(
        settings=settings,
        database=database,
        namespace=namespace,
        secrets=secrets,
        backups=backups,
    )
    return Sharded("postgres-store", args, opts)
