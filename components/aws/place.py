"""A stack's place on AWS: keys and network, then a cluster with managed stores, or one server.

Owns the order. Which it is, and how large, is said by the settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.addresses import Addresses, AddressesArgs
from components.aws.buckets import ObjectStore, ObjectStoreArgs
from components.aws.cache import Cache, CacheArgs
from components.aws.cluster import Cluster, ClusterArgs
from components.aws.copies import Copies, CopiesArgs
from components.aws.database import Database, DatabaseArgs
from components.aws.front_keys import FrontKey, FrontKeyArgs
from components.aws.identities import Identity, IdentityArgs
from components.aws.keys import Keys, KeysArgs
from components.aws.network import Network, NetworkArgs
from components.aws.policies import Statement
from components.aws.server import DevServer, DevServerArgs
from components.contracts import DataStore
from settings import names, region_names
from settings.catalog import StoreName
from settings.cloud import AwsSettings
from settings.keeping import Citus
from settings.loader import Settings
from settings.network import Layout
from settings.regions import Region
from settings.secrets import Secrets


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceArgs:
    """Which stack, and where."""

    settings: Settings
    cloud: AwsSettings
    secrets: Secrets
    layout: Layout
    region: Region


class Place(pulumi.ComponentResource):
    """Everything of a stack that is not in a cluster."""

    cluster: Cluster | None
    server: DevServer | None
    stores: Mapping[StoreName, DataStore]
    backups: ObjectStore | None
    addresses: Addresses | None

    def __init__(
        self, name: str, args: PlaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make keys, network and buckets, then what stands in them."""
        super().__init__("manpasik:aws:Place", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        settings, cloud = args.settings, args.cloud
        self._keys = Keys("keys", KeysArgs(settings=settings, cloud=cloud), self._child)
        network_args = NetworkArgs(
            settings=settings,
            cloud=cloud,
            layout=args.layout,
            region=args.region,
            logs_key=self._keys.logs,
        )
        self._network = Network("network", network_args, self._child)
        self.backups = backups = self._buckets()
        self.cluster = self.server = self.addresses = None
        self.stores = {}
        if cloud.kind == "server":
            self.server = self._server(backups)
        else:
            self.cluster = self._cluster()
            self.stores = self._stores(self.cluster)
            self._identities(self.cluster)
            self._database_identities(self.cluster, backups)
        if settings.stack.market:
            given = AddressesArgs(settings=settings)
            self.addresses = Addresses("entrance", given, self._child)
            if self.cluster:
                self._prove_names(self.cluster)
        self.register_outputs({"backups": backups.name})

    def _buckets(self) -> ObjectStore:
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self)).account_id
        settings, key = self._args.settings, self._keys.data
        logs = ObjectStore(
            "access-logs",
            ObjectStoreArgs(
                settings=settings,
                purpose="access-logs",
                owner=account,
                key=key,
                keep_days=settings.stack.logs.retention_days,
            ),
            self._child,
        )
        return self._backups(account, logs)

    def _backups(self, account: pulumi.Input[str], logs: ObjectStore) -> ObjectStore:
        """At home, or where the settings say: there with a key of that place (RES-03)."""
        settings = self._args.settings
        elsewhere = settings.stack.backups.location
        if elsewhere == self._args.cloud.region:
            elsewhere = None
        key = self._keys.data
        if elsewhere:
            there = FrontKeyArgs(
                settings=settings, purpose="backups", region=elsewhere, account=account
            )
            key = FrontKey("backups-key", there, self._child).key
        args = ObjectStoreArgs(
            settings=settings,
            purpose="backups",
            owner=account,
            key=key,
            keep_days=settings.stack.backups.retention_days,
            # S3 writes who read what within a region alone.
            logs=None if elsewhere else logs.name,
            region=elsewhere,
        )
        self._backups_key = key
        made = ObjectStore("backups", args, self._child)
        if settings.stack.backups.copies:
            copies = CopiesArgs(settings=settings, source=made, key=key, account=account)
            Copies("backups-copies", copies, self._child)
        return made

    def _cluster(self) -> Cluster:
        args = ClusterArgs(
            settings=self._args.settings,
            cloud=self._args.cloud,
            layout=self._args.layout,
            network=self._network,
            keys=self._keys,
        )
        return Cluster("cluster", args, self._child)

    def _stores(self, cluster: Cluster) -> dict[StoreName, DataStore]:
        settings = self._args.settings
        made: dict[StoreName, DataStore] = {}
        if settings.database:
            database = DatabaseArgs(
                settings=settings,
                size=settings.database,
                secrets=self._args.secrets,
                network=self._network.id,
                subnets=self._network.data,
                clients=cluster.members,
                data_key=self._keys.data,
            )
            made["postgres"] = Database("database", database, self._child)
        if settings.cache:
            cache = CacheArgs(
                settings=settings,
                size=settings.cache,
                secrets=self._args.secrets,
                network=self._network.id,
                subnets=self._network.data,
                clients=cluster.members,
                data_key=self._keys.data,
            )
            made["redis"] = Cache("cache", cache, self._child)
        return made

    def _identities(self, cluster: Cluster) -> None:
        """Each service is somebody of its own, and may do nothing in the cloud."""
        for service in self._args.settings.services:
            args = IdentityArgs(
                settings=self._args.settings,
                cluster=cluster.name,
                namespace=names.APPLICATION_NAMESPACE,
                account=service,
            )
            Identity(f"{service}-identity", args, self._child)

    def _prove_names(self, cluster: Cluster) -> None:
        """Whoever asks for certificates may write the records that prove this region's names."""
        proofs = [f"_acme-challenge.{host}" for host in self._args.settings.hosts]
        these = {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": proofs,
            "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
        }
        zones = "arn:aws:route53:::hostedzone/*"
        args = IdentityArgs(
            settings=self._args.settings,
            cluster=cluster.name,
            namespace=region_names.ISSUING_NAMESPACE,
            account=region_names.ISSUING_ACCOUNT,
            statements=[
                Statement(
                    sid="FindZone", actions=["route53:ListHostedZonesByName"], resources=["*"]
                ),
                Statement(
                    sid="Wait",
                    actions=["route53:GetChange"],
                    resources=["arn:aws:route53:::change/*"],
                ),
                Statement(
                    sid="Prove",
                    actions=["route53:ChangeResourceRecordSets"],
                    resources=[zones],
                    condition={"ForAllValues:StringEquals": these},
                ),
            ],
        )
        Identity("certificates-identity", args, self._child)

    def _database_identities(self, cluster: Cluster, backups: ObjectStore) -> None:
        """A region's database writes its backups into its own folder, and reads them there."""
        database = self._args.settings.stack.database
        if not self._args.settings.sharded or not isinstance(database, Citus):
            return
        folder = pulumi.Output.concat(backups.reference, f"/{region_names.SHARDED_BACKUPS}/*")
        for index, account in enumerate(region_names.sharded_accounts(database.shards)):
            args = IdentityArgs(
                settings=self._args.settings,
                cluster=cluster.name,
                namespace=names.DATA_NAMESPACE,
                account=account,
                statements=[
                    Statement(
                        sid="Backups",
                        actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                        resources=[folder],
                    ),
                    Statement(
                        sid="FindBackups", actions=["s3:ListBucket"], resources=[backups.reference]
                    ),
                    Statement(
                        sid="Encrypt",
                        actions=["kms:Decrypt", "kms:GenerateDataKey"],
                        resources=[self._backups_key],
                    ),
                ],
            )
            Identity(f"postgres-{index}-identity", args, self._child)

    def _server(self, bucket: ObjectStore) -> DevServer:
        args = DevServerArgs(
            settings=self._args.settings,
            network=self._network.id,
            subnet=self._network.nodes[0],
            disk_key=self._keys.data,
            bucket=bucket.name,
            bucket_reference=bucket.reference,
        )
        return DevServer("server", args, self._child)
