"""A stack's place on GCP: keys and network, then a cluster with managed stores, or one server.

Owns the order. Which it is, and how large, is said by the settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.contracts import DataStore
from components.gcp.addresses import Addresses, AddressesArgs
from components.gcp.apis import switched_on
from components.gcp.buckets import ObjectStore, ObjectStoreArgs
from components.gcp.cache import Cache, CacheArgs
from components.gcp.cluster import Cluster, ClusterArgs
from components.gcp.copies import Copies, CopiesArgs
from components.gcp.database import Database, DatabaseArgs
from components.gcp.front_keys import FrontKey, FrontKeyArgs
from components.gcp.identities import Identity, IdentityArgs
from components.gcp.keys import Keys, KeysArgs
from components.gcp.logs import keep_logs
from components.gcp.network import Network, NetworkArgs
from components.gcp.server import DevServer, DevServerArgs
from settings import names, region_names
from settings.catalog import StoreName
from settings.cloud import GcpSettings
from settings.keeping import Citus
from settings.loader import Settings
from settings.network import Layout
from settings.regions import Region
from settings.secrets import Secrets

_PROVING = (
    *("dns.changes.create", "dns.changes.get", "dns.managedZones.list"),
    *("dns.resourceRecordSets.create", "dns.resourceRecordSets.delete"),
    *("dns.resourceRecordSets.list", "dns.resourceRecordSets.update"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceArgs:
    """Which stack, and where."""

    settings: Settings
    cloud: GcpSettings
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
        """Switch on what is needed, make keys, network and buckets, then what stands in them."""
        super().__init__("manpasik:gcp:Place", name, None, opts)
        self._args = args
        self._project = args.cloud.project or names.project(args.settings.stack.environment)
        ready = switched_on(self._project, self)
        # A service that is switched off refuses, and no value of its switch leads to these.
        self._child = pulumi.ResourceOptions(parent=self, depends_on=ready)
        self._number = gcp.organizations.get_project_output(
            project_id=self._project, opts=pulumi.InvokeOutputOptions(parent=self)
        ).number
        self._make_ground()
        self.backups = backups = self._buckets()
        self.cluster = self.server = self.addresses = None
        self.stores = {}
        if args.cloud.kind == "server":
            self.server = self._server(backups)
        else:
            self.cluster = self._cluster()
            self.stores = self._stores()
            self._identities(self.cluster)
            self._database_identities(self.cluster, backups)
        if args.settings.stack.market:
            given = AddressesArgs(settings=args.settings, cloud=args.cloud, project=self._project)
            self.addresses = Addresses("entrance", given, self._child)
            if self.cluster:
                self._prove_names(self.cluster)
        self.register_outputs({"backups": backups.name})

    def _make_ground(self) -> None:
        settings, cloud, project = self._args.settings, self._args.cloud, self._project
        keys = KeysArgs(settings=settings, cloud=cloud, project=project, number=self._number)
        self._keys = Keys("keys", keys, self._child)
        network = NetworkArgs(
            settings=settings,
            cloud=cloud,
            layout=self._args.layout,
            region=self._args.region,
            project=project,
        )
        self._network = Network("network", network, self._child)
        keep_logs(settings.stack_name, project, cloud.region, self._keys.logs, self)

    def _buckets(self) -> ObjectStore:
        settings, cloud, key = self._args.settings, self._args.cloud, self._keys.data
        logs = ObjectStore(
            "access-logs",
            ObjectStoreArgs(
                settings=settings,
                cloud=cloud,
                project=self._project,
                purpose="access-logs",
                owner=self._project,
                key=key,
                keep_days=settings.stack.logs.retention_days,
            ),
            self._child,
        )
        return self._backups(logs)

    def _backups(self, logs: ObjectStore) -> ObjectStore:
        """At home, or where the settings say: there with a key of that place (RES-03)."""
        settings, cloud = self._args.settings, self._args.cloud
        elsewhere = settings.stack.backups.location
        if elsewhere == cloud.region:
            elsewhere = None
        key = self._keys.data
        if elsewhere:
            there = FrontKeyArgs(
                settings=settings,
                purpose="backups",
                region=elsewhere,
                project=self._project,
                number=self._number,
                services=["gs-project-accounts"],
            )
            key = FrontKey("backups-key", there, self._child).key
        args = ObjectStoreArgs(
            settings=settings,
            cloud=cloud,
            project=self._project,
            purpose="backups",
            owner=self._project,
            key=key,
            keep_days=settings.stack.backups.retention_days,
            # Google writes who read what within a place alone.
            logs=None if elsewhere else logs.name,
            region=elsewhere,
        )
        made = ObjectStore("backups", args, self._child)
        if settings.stack.backups.copies:
            copies = CopiesArgs(
                settings=settings,
                cloud=cloud,
                project=self._project,
                number=self._number,
                source=made,
            )
            Copies("backups-copies", copies, self._child)
        return made

    def _cluster(self) -> Cluster:
        args = ClusterArgs(
            settings=self._args.settings,
            cloud=self._args.cloud,
            layout=self._args.layout,
            network=self._network,
            keys=self._keys,
            region=self._args.region,
            project=self._project,
        )
        return Cluster("cluster", args, self._child)

    def _stores(self) -> dict[StoreName, DataStore]:
        settings = self._args.settings
        made: dict[StoreName, DataStore] = {}
        if settings.database:
            database = DatabaseArgs(
                settings=settings,
                cloud=self._args.cloud,
                project=self._project,
                size=settings.database,
                secrets=self._args.secrets,
                network=self._network.id,
                subnets=self._network.data,
                data_key=self._keys.data,
            )
            made["postgres"] = Database("database", database, self._child)
        if settings.cache:
            cache = CacheArgs(
                settings=settings,
                cloud=self._args.cloud,
                project=self._project,
                size=settings.cache,
                secrets=self._args.secrets,
                network=self._network.id,
                subnets=self._network.data,
                data_key=self._keys.data,
            )
            made["redis"] = Cache("cache", cache, self._child)
        return made

    def _identities(self, cluster: Cluster) -> None:
        """Each service is somebody of its own, and may do nothing in the cloud."""
        for service in self._args.settings.services:
            self._identity(cluster, service, names.APPLICATION_NAMESPACE, service)

    def _prove_names(self, cluster: Cluster) -> None:
        """Whoever asks for certificates may write records, and nothing else of a zone."""
        space, account = region_names.ISSUING_NAMESPACE, region_names.ISSUING_ACCOUNT
        identity = self._identity(cluster, "certificates", space, account)
        # Google's own roles may also delete the zone.
        proving = gcp.projects.IAMCustomRole(
            "certificates-role",
            project=self._project,
            role_id=region_names.role(self._args.settings.stack_name, "certificates"),
            title="Proves names",
            permissions=list(_PROVING),
            opts=self._child,
        )
        gcp.projects.IAMMember(
            "certificates-member",
            project=self._project,
            role=proving.name,
            member=identity.principal,
            opts=self._child,
        )

    def _database_identities(self, cluster: Cluster, backups: ObjectStore) -> None:
        """A region's database writes its backups, and reads them."""
        database = self._args.settings.stack.database
        if not self._args.settings.sharded or not isinstance(database, Citus):
            return
        for index, account in enumerate(region_names.sharded_accounts(database.shards)):
            whose = f"postgres-{index}"
            identity = self._identity(cluster, whose, names.DATA_NAMESPACE, account)
            gcp.storage.BucketIAMMember(
                f"postgres-{index}-backups",
                bucket=backups.name,
                role="roles/storage.objectUser",
                member=identity.principal,
                opts=self._child,
            )

    def _identity(self, cluster: Cluster, whose: str, namespace: str, account: str) -> Identity:
        args = IdentityArgs(
            settings=self._args.settings,
            cluster=cluster.name,
            namespace=namespace,
            account=account,
            project=self._project,
            number=self._number,
        )
        return Identity(f"{whose}-identity", args, self._child)

    def _server(self, bucket: ObjectStore) -> DevServer:
        args = DevServerArgs(
            settings=self._args.settings,
            project=self._project,
            zone=self._args.region.gcp.zones[0],
            network=self._network.id,
            subnet=self._network.nodes[0],
            disk_key=self._keys.data,
            bucket=bucket.name,
            bucket_reference=bucket.reference,
        )
        return DevServer("server", args, self._child)
