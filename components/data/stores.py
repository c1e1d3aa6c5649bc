"""The in-cluster stores that a stack's services use, one component per kind.

Each gives the ConfigMap entries that lead to it, under the names that the code reads
(`contracts.DataStore`). A store that no service uses is not made (DATA-02).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.contracts import DataStore
from components.data.certificate import self_signed
from components.data.server import Server, ServerArgs, exec_probe, tcp_probe
from components.data.topics import Topics, TopicsArgs
from settings import names
from settings.catalog import Store, StoreName
from settings.secrets import Secrets

# 21 services hold pools of max(4, CPUs of the node) connections each (ENV-13).
MAX_CONNECTIONS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreArgs:
    """What a store needs from its surroundings."""

    stack: str
    namespace: pulumi.Input[str]
    store: Store
    secrets: Secrets


class _InCluster(pulumi.ComponentResource):
    """What the in-cluster stores have in common: servers, entries, readiness."""

    configuration: Mapping[str, pulumi.Output[str]]
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: StoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the servers and hand out how to reach them."""
        super().__init__(f"manpasik:data:{type(self).__name__}", name, None, opts)
        self._args = args
        self.configuration, self.ready_when = self._make()
        self.register_outputs(dict(self.configuration))

    def _make(self) -> tuple[Mapping[str, pulumi.Output[str]], Sequence[pulumi.Resource]]:
        raise NotImplementedError

    def _server(self, name: str, server_args: ServerArgs) -> Server:
        return Server(name, server_args, pulumi.ResourceOptions(parent=self))

    def _port(self, server: str) -> pulumi.Output[str]:
        return pulumi.Output.from_input(str(self._args.store.servers[server].port))


class Postgres(_InCluster):
    """PostgreSQL that speaks TLS only; databases are made by each service's migration."""

    def _make(self) -> tuple[Mapping[str, pulumi.Output[str]], Sequence[pulumi.Resource]]:
        args = self._args
        host = names.host("postgres", names.DATA_NAMESPACE)
        certificate, key = self_signed(host, args.secrets.derive("postgres-tls"))
        settings = {
            "ssl": "on",
            "ssl_cert_file": "/secret/tls.crt",
            "ssl_key_file": "/secret/tls.key",
            "hba_file": "/config/pg_hba.conf",
            "max_connections": str(MAX_CONNECTIONS),
        }
        server = self._server(
            "postgres",
            ServerArgs(
                stack=args.stack,
                namespace=args.namespace,
                server=args.store.servers["postgres"],
                arguments=[part for k, v in settings.items() for part in ("-c", f"{k}={v}")],
                environment={"PGDATA": "/var/lib/postgresql/data/pgdata"},
                secrets={
                    "POSTGRES_USER": args.secrets.values["DB_USER"],
                    "POSTGRES_PASSWORD": args.secrets.values["DB_PASSWORD"],
                },
                files={"pg_hba.conf": POSTGRES_HBA},
                secret_files={"tls.crt": certificate, "tls.key": key},
                data="/var/lib/postgresql/data",
                writable=["/var/run/postgresql", "/tmp"],  # noqa: S108 - inside the container
                probe=exec_probe("sh", "-c", 'pg_isready -h 127.0.0.1 -U "$POSTGRES_USER"'),
            ),
        )
        entries = {
            "DB_HOST": server.host,
            "DB_PORT": self._port("postgres"),
            "DB_SSLMODE": pulumi.Output.from_input("require"),
        }
        return entries, server.ready_when


# The socket serves the image's own first start; over the network nothing but TLS is answered.
POSTGRES_HBA = """\
local   all all     scram-sha-256
hostssl all all all scram-sha-256
"""


class Redis(_InCluster):
    """Redis with a password and an append-only file."""

    def _make(self) -> tuple[Mapping[str, pulumi.Output[str]], Sequence[pulumi.Resource]]:
        args = self._args
        server = self._server(
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
        return {"REDIS_HOST": server.host, "REDIS_PORT": self._port("redis")}, server.ready_when


class Kafka(_InCluster):
    """Redpanda with its topics made beforehand: no client ever asks for one (KAFKA-02)."""

    def _make(self) -> tuple[Mapping[str, pulumi.Output[str]], Sequence[pulumi.Resource]]:
        args = self._args
        described = args.store.servers["redpanda"]
        host = names.host("redpanda", names.DATA_NAMESPACE)
        server = self._server(
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


class Milvus(_InCluster):
    """Milvus standalone with the etcd and the object store that it keeps its data in."""

    def _make(self) -> tuple[Mapping[str, pulumi.Output[str]], Sequence[pulumi.Resource]]:
        args = self._args
        servers = args.store.servers
        account = {
            "MINIO_ROOT_USER": "milvus",
            "MINIO_ROOT_PASSWORD": args.secrets.password("milvus-minio"),
        }
        etcd = self._server("milvus-etcd", self._etcd())
        minio = self._server(
            "milvus-minio",
            ServerArgs(
                stack=args.stack,
                namespace=args.namespace,
                server=servers["milvus-minio"],
                arguments=["server", "/data"],
                secrets=account,
                data="/data",
                probe=tcp_probe(),
            ),
        )
        milvus = self._server(
            "milvus",
            ServerArgs(
                stack=args.stack,
                namespace=args.namespace,
                server=servers["milvus"],
                command=["milvus"],
                arguments=["run", "standalone"],
                environment={
                    "ETCD_ENDPOINTS": f"milvus-etcd:{servers['milvus-etcd'].port}",
                    "MINIO_ADDRESS": f"milvus-minio:{servers['milvus-minio'].port}",
                },
                secrets={
                    "MINIO_ACCESS_KEY_ID": account["MINIO_ROOT_USER"],
                    "MINIO_SECRET_ACCESS_KEY": account["MINIO_ROOT_PASSWORD"],
                },
                data="/var/lib/milvus",
                writable_root=True,  # writes run-time files beside its binaries
                probe=tcp_probe(),
                startup_seconds=300,
            ),
        )
        entries = {"MILVUS_HOST": milvus.host, "MILVUS_PORT": self._port("milvus")}
        return entries, [*etcd.ready_when, *minio.ready_when, *milvus.ready_when]

    def _etcd(self) -> ServerArgs:
        args = self._args
        described = args.store.servers["milvus-etcd"]
        return ServerArgs(
            stack=args.stack,
            namespace=args.namespace,
            server=described,
            command=["etcd"],
            arguments=[
                f"--advertise-client-urls=http://milvus-etcd:{described.port}",
                f"--listen-client-urls=http://0.0.0.0:{described.port}",
                "--data-dir=/etcd/data",
            ],
            environment={
                "ETCD_AUTO_COMPACTION_MODE": "revision",
                "ETCD_AUTO_COMPACTION_RETENTION": "1000",
                "ETCD_QUOTA_BACKEND_BYTES": "4294967296",
            },
            data="/etcd",
            probe=tcp_probe(),
        )


class Elasticsearch(_InCluster):
    """Elasticsearch, one node, with a password."""

    def _make(self) -> tuple[Mapping[str, pulumi.Output[str]], Sequence[pulumi.Resource]]:
        args = self._args
        described = args.store.servers["elasticsearch"]
        server = self._server(
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


_KINDS: Mapping[StoreName, type[_InCluster]] = {
    "postgres": Postgres,
    "redis": Redis,
    "kafka": Kafka,
    "milvus": Milvus,
    "elasticsearch": Elasticsearch,
}


def in_cluster(
    stack: str,
    namespace: pulumi.Input[str],
    stores: Mapping[StoreName, Store],
    secrets: Secrets,
    opts: pulumi.ResourceOptions | None = None,
) -> dict[StoreName, DataStore]:
    """Every store of the stack, as StatefulSets in the data namespace."""
    return {
        name: _KINDS[name](
            f"{name}-store",
            StoreArgs(stack=stack, namespace=namespace, store=store, secrets=secrets),
            opts,
        )
        for name, store in stores.items()
    }
