"""A pool of nodes: exactly as many and as large as the settings say (R-NODE, D-5, D-7).

The machine is looked up by vCPU and GB. Bottlerocket: no shell, no package manager, a read-only
root. A pool grows up to its most; how many there are at a moment is the autoscaler's to write.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from settings import names
from settings.capacity import PODS_PER_NODE
from settings.environments import Pool
from settings.instances import instance_for
from settings.loader import Settings
from settings.ownership import AUTOSCALED

SYSTEM_DISK_GIB = 4
"""Bottlerocket's own; images, logs and pods' scratch lie on the data disk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodePoolArgs:
    """Which nodes, and where."""

    settings: Settings
    pool: Pool
    purpose: str
    """`services` or `platform`: the nodes' label, and the platform's taint (D-7)."""
    cluster: pulumi.Input[str]
    node_role: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    """One a zone; the pool takes as many as it has zones."""
    disk_key: pulumi.Input[str]


class NodePool(pulumi.ComponentResource):
    """A managed node group with its launch template."""

    name: pulumi.Output[str]

    def __init__(
        self, name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the template, then the group."""
        super().__init__("manpasik:aws:NodePool", name, None, opts)
        template = self._template(name, args)
        group = self._group(name, args, template)
        self.name = group.node_group_name
        self.register_outputs({"name": self.name})

    def _template(self, name: str, args: NodePoolArgs) -> aws.ec2.LaunchTemplate:
        disks = {"/dev/xvda": SYSTEM_DISK_GIB, "/dev/xvdb": args.pool.storage_per_node_gib}
        tags = names.tags(args.settings.stack_name) | {"Name": _physical(args)}
        return aws.ec2.LaunchTemplate(
            f"{name}-template",
            name=_physical(args),
            update_default_version=True,
            block_device_mappings=[_disk(device, size, args) for device, size in disks.items()],
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                # Pods are one hop further and get no credentials of the node.
                http_put_response_hop_limit=1,
            ),
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume")
            ],
            user_data=base64.b64encode(_BOTTLEROCKET.encode()).decode(),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _group(
        self, name: str, args: NodePoolArgs, template: aws.ec2.LaunchTemplate
    ) -> aws.eks.NodeGroup:
        pool = args.pool
        return aws.eks.NodeGroup(
            f"{name}-group",
            node_group_name=_physical(args),
            cluster_name=args.cluster,
            node_role_arn=args.node_role,
            subnet_ids=list(args.subnets[: pool.zones]),
            ami_type="BOTTLEROCKET_x86_64",
            capacity_type="ON_DEMAND",
            instance_types=[_machine(args)],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                desired_size=pool.count, min_size=pool.count, max_size=pool.most
            ),
            # New nodes first, then one old node goes.
            update_config=aws.eks.NodeGroupUpdateConfigArgs(
                max_unavailable=1, update_strategy="DEFAULT"
            ),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            labels={names.POOL_LABEL: args.purpose},
            taints=_taints(args.purpose),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=[AUTOSCALED["NodeGroup"]]),
        )


_BOTTLEROCKET = f"[settings.kubernetes]\nmax-pods = {PODS_PER_NODE}\n"


def _physical(args: NodePoolArgs) -> str:
    return names.cloud(args.settings.stack_name, args.purpose)


def _machine(args: NodePoolArgs) -> str:
    pool = args.pool
    known = args.settings.catalog.instances
    machine = instance_for(known, "aws", "node", pool.vcpu, pool.memory_gb)
    if machine is None:
        raise ValueError(f"no machine of {pool.vcpu}/{pool.memory_gb}: the rules missed it")
    return machine


def _disk(
    device: str, size: int, args: NodePoolArgs
) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=device,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=size,
            encrypted="true",
            kms_key_id=args.disk_key,
            delete_on_termination="true",
        ),
    )


def _taints(purpose: str) -> list[aws.eks.NodeGroupTaintArgs] | None:
    if purpose != names.PLATFORM_POOL:
        return None
    return [aws.eks.NodeGroupTaintArgs(key=names.POOL_LABEL, value=purpose, effect="NO_SCHEDULE")]
