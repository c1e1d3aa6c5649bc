"""Milvus in the cluster, standalone, with the etcd and the object store that it needs."""

from collections.abc import Sequence

import pulumi

from components.data.base import Entries, InClusterStore
from components.data.server import ServerArgs, tcp_probe


class Milvus(InClusterStore):
    """Milvus standalone with the etcd and the object store that it keeps its data in."""

    def make(self) -> tuple[Entries, Sequence[pulumi.Resource]]:
        """Make the servers."""
        args = self.args
        servers = args.store.servers
        account = {
            "MINIO_ROOT_USER": "milvus",
            "MINIO_ROOT_PASSWORD": args.secrets.password("milvus-minio"),
        }
        etcd = self.server("milvus-etcd", self._etcd())
        minio = self.server(
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
        milvus = self.server(
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
        entries = {"MILVUS_HOST": milvus.host, "MILVUS_PORT": self.port("milvus")}
        return entries, [*etcd.ready_when, *minio.ready_when, *milvus.ready_when]

    def _etcd(self) -> ServerArgs:
        args = self.args
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
