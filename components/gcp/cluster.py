"""The Kubernetes cluster: a regional GKE with its nodes and ways in.

The API is private unless the stack names who may call it; people come in by their groups, pods by
Workload Identity; Secrets are encrypted with a key of the product's own; every log of the control
plane is kept. Dataplane V2 enforces the network policies.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.contracts import VolumeClass
from components.gcp.access import Access, AccessArgs
from components.gcp.keys import Keys
from components.gcp.network import PODS, SERVICES, ZONES, Network
from components.gcp.nodes import NodePool, NodePoolArgs
from components.way_in import kubeconfig
from settings import names
from settings.cloud import GcpSettings
from settings.loader import Settings
from settings.network import Layout
from settings.regions import Region

_COMPONENTS = ("SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER")
_LONGEST_NAME = 40
_ClientCertificate = gcp.container.ClusterMasterAuthClientCertificateConfigArgs
# Weekend nights of Seoul, in UTC: 48 hours in 32 days is the least that Google asks for.
_WINDOW = ("2026-01-02T17:00:00Z", "2026-01-02T23:00:00Z", "FREQ=WEEKLY;BYDAY=FR,SA,SU")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterArgs:
    """What the cluster needs from its surroundings."""

    settings: Settings
    cloud: GcpSettings
    layout: Layout
    network: Network
    keys: Keys
    region: Region
    project: str


class Cluster(pulumi.ComponentResource):
    """A control plane with its pools of nodes."""

    name: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    """Known when nodes are there: whatever is made in the cluster waits for them."""
    members: pulumi.Output[str]
    """What the nodes are known by: their service account."""
    volumes: VolumeClass

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the control plane, then the nodes."""
        super().__init__("manpasik:gcp:Cluster", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        account = self._account()
        plane = self._plane(account)
        self.name = plane.name
        self.members = account
        pools = self._pools(plane, account)
        access = AccessArgs(
            settings=args.settings, cloud=args.cloud, cluster=plane.name, project=args.project
        )
        Access("people", access, self._child)
        self.volumes = VolumeClass(
            provisioner="pd.csi.storage.gke.io",
            parameters={"type": "pd-balanced", "disk-encryption-kms-key": args.keys.data},
        )
        self.kubeconfig = pulumi.Output.secret(
            pulumi.Output.all(
                plane.name,
                plane.endpoint,
                plane.master_auth.cluster_ca_certificate,
                *[pool.name for pool in pools],
            ).apply(_kubeconfig)
        )
        self.register_outputs(
            {"name": self.name, "kubeconfig": self.kubeconfig, "members": self.members}
        )

    def _account(self) -> pulumi.Output[str]:
        """Nodes act in an account of their own, which may write logs and pull images."""
        args = self._args
        account = gcp.serviceaccount.Account(
            "nodes-account",
            account_id=names.cloud(args.settings.stack_name, "nodes", longest=30),
            display_name=f"ManPaSik {args.settings.stack_name}: nodes",
            project=args.project,
            opts=self._child,
        )
        right = gcp.projects.IAMMember(
            "nodes-role",
            project=args.project,
            role="roles/container.defaultNodeServiceAccount",
            member=pulumi.Output.concat("serviceAccount:", account.email),
            opts=self._child,
        )
        return pulumi.Output.all(account.email, right.member).apply(_first)

    def _plane(self, account: pulumi.Output[str]) -> gcp.container.Cluster:
        args, cloud = self._args, self._args.cloud
        posture = gcp.container.ClusterSecurityPostureConfigArgs(
            mode="BASIC", vulnerability_mode="VULNERABILITY_DISABLED"
        )
        return gcp.container.Cluster(
            "control-plane",
            name=names.cloud(args.settings.stack_name, longest=_LONGEST_NAME),
            project=args.project,
            location=cloud.region,
            node_locations=list(args.region.gcp.zones[:ZONES]),
            network=args.network.id,
            subnetwork=args.network.nodes[0],
            networking_mode="VPC_NATIVE",
            datapath_provider="ADVANCED_DATAPATH",
            enable_intranode_visibility=True,
            ip_allocation_policy=_ranges(),
            private_cluster_config=_private(args),
            master_authorized_networks_config=_callers(cloud),
            master_auth=gcp.container.ClusterMasterAuthArgs(
                client_certificate_config=_ClientCertificate(issue_client_certificate=False)
            ),
            authenticator_groups_config=_groups(cloud),
            workload_identity_config=_pods_identities(args),
            database_encryption=_encryption(args),
            enable_shielded_nodes=True,
            enable_legacy_abac=False,
            binary_authorization=gcp.container.ClusterBinaryAuthorizationArgs(
                evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE"
            ),
            security_posture_config=posture,
            logging_config=_logging(),
            monitoring_config=_monitoring(),
            release_channel=gcp.container.ClusterReleaseChannelArgs(channel=cloud.channel),
            maintenance_policy=_maintenance(),
            remove_default_node_pool=True,
            initial_node_count=1,
            node_config=_of_the_pool_that_goes(args, account),
            deletion_protection=args.settings.protected,
            resource_labels=names.tags(args.settings.stack_name),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.settings.protected,
                # They belong to the pool that goes; the real pools are resources of their own.
                ignore_changes=["nodeConfig", "initialNodeCount"],
            ),
        )

    def _pools(self, plane: gcp.container.Cluster, account: pulumi.Output[str]) -> list[NodePool]:
        args = self._args
        return [
            NodePool(
                f"{purpose}-pool",
                NodePoolArgs(
                    settings=args.settings,
                    pool=pool,
                    purpose=purpose,
                    cluster=plane.id,
                    node_role=account,
                    zones=args.region.gcp.zones,
                    disk_key=args.keys.cluster,
                ),
                self._child,
            )
            for purpose, pool in args.settings.pools.items()
        ]


def _private(args: ClusterArgs) -> gcp.container.ClusterPrivateClusterConfigArgs:
    return gcp.container.ClusterPrivateClusterConfigArgs(
        enable_private_nodes=True,
        enable_private_endpoint=not args.cloud.api_from,
        master_ipv4_cidr_block=str(args.layout.region().control_plane),
    )


def _maintenance() -> gcp.container.ClusterMaintenancePolicyArgs:
    start, end, recurrence = _WINDOW
    window = gcp.container.ClusterMaintenancePolicyRecurringWindowArgs(
        start_time=start, end_time=end, recurrence=recurrence
    )
    return gcp.container.ClusterMaintenancePolicyArgs(recurring_window=window)


def _encryption(args: ClusterArgs) -> gcp.container.ClusterDatabaseEncryptionArgs:
    return gcp.container.ClusterDatabaseEncryptionArgs(
        state="ENCRYPTED", key_name=args.keys.cluster
    )


def _pods_identities(args: ClusterArgs) -> gcp.container.ClusterWorkloadIdentityConfigArgs:
    return gcp.container.ClusterWorkloadIdentityConfigArgs(
        workload_pool=f"{args.project}.svc.id.goog"
    )


def _groups(cloud: GcpSettings) -> gcp.container.ClusterAuthenticatorGroupsConfigArgs:
    return gcp.container.ClusterAuthenticatorGroupsConfigArgs(
        security_group=f"gke-security-groups@{cloud.domain}"
    )


def _ranges() -> gcp.container.ClusterIpAllocationPolicyArgs:
    return gcp.container.ClusterIpAllocationPolicyArgs(
        cluster_secondary_range_name=PODS, services_secondary_range_name=SERVICES
    )


def _logging() -> gcp.container.ClusterLoggingConfigArgs:
    return gcp.container.ClusterLoggingConfigArgs(enable_components=[*_COMPONENTS, "WORKLOADS"])


def _monitoring() -> gcp.container.ClusterMonitoringConfigArgs:
    return gcp.container.ClusterMonitoringConfigArgs(enable_components=list(_COMPONENTS))


def _callers(
    cloud: GcpSettings,
) -> gcp.container.ClusterMasterAuthorizedNetworksConfigArgs:
    """Who may call the API from outside: nobody who is not named."""
    block = gcp.container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs
    blocks = [block(cidr_block=cidr) for cidr in cloud.api_from]
    return gcp.container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=blocks, gcp_public_cidrs_access_enabled=False
    )


def _of_the_pool_that_goes(
    args: ClusterArgs, account: pulumi.Output[str]
) -> gcp.container.ClusterNodeConfigArgs:
    """GKE makes a cluster with a pool; until it goes it is as safe as the others."""
    shielded = gcp.container.ClusterNodeConfigShieldedInstanceConfigArgs(
        enable_secure_boot=True, enable_integrity_monitoring=True
    )
    return gcp.container.ClusterNodeConfigArgs(
        image_type="COS_CONTAINERD",
        service_account=account,
        oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
        boot_disk_kms_key=args.keys.cluster,
        shielded_instance_config=shielded,
        workload_metadata_config=gcp.container.ClusterNodeConfigWorkloadMetadataConfigArgs(
            mode="GKE_METADATA"
        ),
        metadata={"disable-legacy-endpoints": "true"},
    )


def _first(found: Sequence[str]) -> str:
    return found[0]


def _kubeconfig(found: Sequence[str]) -> str:
    name, endpoint, authority, *_ = found
    plugin = "gke-gcloud-auth-plugin"
    command = {"command": plugin, "provideClusterInfo": True, "interactiveMode": "Never"}
    return kubeconfig(name, f"https://{endpoint}", authority, command)
