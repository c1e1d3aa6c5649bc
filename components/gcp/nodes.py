"""A pool of nodes: exactly as many and as large as the settings say (R-NODE, D-5, D-7).

The machine is looked up by vCPU and GB. Container-Optimized OS, shielded: a verified boot, a
read-only root. A pool grows up to its most; how many there are at a moment is the autoscaler's to
write.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.capacity import PODS_PER_NODE
from settings.environments import Pool
from settings.instances import instance_for
from settings.loader import Settings
from settings.ownership import AUTOSCALED


@dataclass(frozen=True, kw_only=True, slots=True)
class NodePoolArgs:
    """Which nodes, and where."""

    settings: Settings
    pool: Pool
    purpose: str
    """`services` or `platform`: the nodes' label, and the platform's taint (D-7)."""
    cluster: pulumi.Input[str]
    node_role: pulumi.Input[str]
    """The service account of the nodes."""
    zones: Sequence[str]
    """The region's; the pool takes as many as it has zones."""
    disk_key: pulumi.Input[str]


class NodePool(pulumi.ComponentResource):
    """A node pool of the cluster."""

    name: pulumi.Output[str]

    def __init__(
        self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the pool."""
        super().__init__("manpasik:gcp:NodePool", name, None, opts)
        pool = args.pool
        made = gcp.container.NodePool(
            f"{name}-group",
            name=args.purpose,
            cluster=args.cluster,
            node_locations=list(args.zones[: pool.zones]),
            # Of each zone, at the start; afterwards the totals hold.
            initial_node_count=-(-pool.count // pool.zones),
            autoscaling=gcp.container.NodePoolAutoscalingArgs(
                total_min_node_count=pool.count,
                total_max_node_count=pool.most,
                location_policy="BALANCED",
            ),
            max_pods_per_node=PODS_PER_NODE,
            node_config=_node(args),
            management=gcp.container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
            # A new node first, then one old node goes.
            upgrade_settings=gcp.container.NodePoolUpgradeSettingsArgs(
                strategy="SURGE", max_surge=1, max_unavailable=0
            ),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=[AUTOSCALED["NodePool"]]),
        )
        self.name = made.name
        self.register_outputs({"name": self.name})


def _node(args: NodePoolArgs) -> gcp.container.NodePoolNodeConfigArgs:
    return gcp.container.NodePoolNodeConfigArgs(
        machine_type=_machine(args),
        image_type="COS_CONTAINERD",
        disk_type="pd-balanced",
        disk_size_gb=args.pool.storage_per_node_gib,
        boot_disk_kms_key=args.disk_key,
        service_account=args.node_role,
        # What the account may do is said by its roles; the scope only lets it ask.
        oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
        shielded_instance_config=gcp.container.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        # Pods get their own identity from here, and never the node's.
        workload_metadata_config=gcp.container.NodePoolNodeConfigWorkloadMetadataConfigArgs(
            mode="GKE_METADATA"
        ),
        metadata={"disable-legacy-endpoints": "true"},
        labels={names.POOL_LABEL: args.purpose},
        taints=_taints(args.purpose),
        resource_labels=names.tags(args.settings.stack_name),
    )


def _machine(args: NodePoolArgs) -> str:
    pool = args.pool
    known = args.settings.catalog.instances
    machine = instance_for(known, "gcp", "node", pool.vcpu, pool.memory_gb)
    if machine is None:
        raise ValueError(f"no machine of {pool.vcpu}/{pool.memory_gb}: the rules missed it")
    return machine


def _taints(purpose: str) -> list[gcp.container.NodePoolNodeConfigTaintArgs] | None:
    if purpose != names.PLATFORM_POOL:
        return None
    return [
        gcp.container.NodePoolNodeConfigTaintArgs(
            key=names.POOL_LABEL, value=purpose, effect="NO_SCHEDULE"
        )
    ]
