"""PostgreSQL in the cluster: TLS only, since the services ask for it (ENV-03)."""

from collections.abc import Sequence

import pulumi

from components.data.base import Entries, InClusterStore
from components.data.certificate import self_signed
from components.data.server import ServerArgs, exec_probe
from settings import names

# 21 services hold pools of max(4, CPUs of the node) connections each (ENV-13).
MAX_CONNECTIONS = 400
# The socket serves the image's own first start; over the network nothing but TLS is answered.
POSTGRES_HBA = """\
local   all all     scram-sha-256
hostssl all all all scram-sha-256
"""


class Postgres(InClusterStore):
    """PostgreSQL that speaks TLS only; databases are made by each service's migration."""

    def make(self) -> tuple[Entries, Sequence[pulumi.Resource]]:
        """Make the servers."""
        args = self.args
        host = names.host("postgres", names.DATA_NAMESPACE)
        certificate, key = self_signed(host, args.secrets.derive("postgres-tls"))
        settings = {
            "ssl": "on",
            "ssl_cert_file": "/secret/tls.crt",
            "ssl_key_file": "/secret/tls.key",
            "hba_file": "/config/pg_hba.conf",
            "max_connections": str(MAX_CONNECTIONS),
        }
        server = self.server(
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
            "DB_PORT": self.port("postgres"),
            "DB_SSLMODE": pulumi.Output.from_input("require"),
        }
        return entries, server.ready_when
