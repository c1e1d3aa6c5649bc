"""The Kubernetes cluster: EKS with its nodes, add-ons and ways in.

The API is private unless the stack names who may call it; people come in by access entries, pods by
Pod Identity; Secrets are encrypted with a key of the product's own; every log of the control plane
is kept. Add-ons come in the order in which nodes need them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.access import Access, AccessArgs
from components.aws.identities import Identity, IdentityArgs
from components.aws.keys import Keys
from components.aws.logs import log_group
from components.aws.network import Network
from components.aws.nodes import NodePool, NodePoolArgs
from components.aws.policies import Statement, role, trust
from components.contracts import VolumeClass
from components.way_in import kubeconfig
from settings import names
from settings.cloud import AwsSettings
from settings.loader import Settings
from settings.network import Layout

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    # Bottlerocket has no SSH; this is the way to a broken node.
    "AmazonSSMManagedInstanceCore",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterArgs:
    """What the cluster needs from its surroundings."""

    settings: Settings
    cloud: AwsSettings
    layout: Layout
    network: Network
    keys: Keys


class Cluster(pulumi.ComponentResource):
    """A control plane with its pools of nodes."""

    name: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    """Known when nodes and add-ons are there: whatever is made in the cluster waits for them."""
    members: pulumi.Output[str]
    """What the nodes are known by to a store's firewall: their security group."""
    volumes: VolumeClass

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the control plane, what nodes need, the nodes, then what needs nodes."""
        super().__init__("manpasik:aws:Cluster", name, None, opts)
        self._args = args
        self._stack = args.settings.stack_name
        self._child = pulumi.ResourceOptions(parent=self)
        plane = self._plane()
        self.name = plane.name
        self.members = plane.vpc_config.cluster_security_group_id
        before = self._before_nodes()
        pools = self._pools(before)
        after = self._after_nodes(pools)
        self._access(plane)
        self.volumes = VolumeClass(
            provisioner="ebs.csi.aws.com",
            parameters={"type": "gp3", "encrypted": "true", "kmsKeyId": args.keys.data},
        )
        self.kubeconfig = pulumi.Output.secret(
            pulumi.Output.all(
                plane.name,
                plane.endpoint,
                plane.certificate_authority.data,
                args.cloud.region,
                *[pool.name for pool in pools],
                *[addon.arn for addon in after],
            ).apply(_kubeconfig)
        )
        self.register_outputs(
            {"name": self.name, "kubeconfig": self.kubeconfig, "members": self.members}
        )

    def _plane(self) -> aws.eks.Cluster:
        args = self._args
        physical = names.cloud(self._stack)
        logs = log_group("cluster", f"/aws/eks/{physical}/cluster", args.keys.logs, self)
        own = role(
            "control-plane",
            names.cloud(self._stack, "control-plane"),
            trust("eks.amazonaws.com"),
            self,
            managed=["AmazonEKSClusterPolicy"],
        )
        public = bool(args.cloud.api_from)
        return aws.eks.Cluster(
            "control-plane",
            name=physical,
            version=args.cloud.kubernetes,
            role_arn=own.arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=list(args.network.nodes),
                endpoint_private_access=True,
                endpoint_public_access=public,
                public_access_cidrs=list(args.cloud.api_from) if public else None,
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=True
            ),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=args.keys.cluster),
                resources=["secrets"],
            ),
            kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
                service_ipv4_cidr=str(args.layout.services)
            ),
            enabled_cluster_log_types=list(_LOGS),
            bootstrap_self_managed_addons=False,
            deletion_protection=args.settings.protected,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            # The log group must be there before EKS makes one of its own, without a key.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[logs], protect=args.settings.protected
            ),
        )

    def _before_nodes(self) -> list[aws.eks.Addon]:
        """A node is ready when pods on it have addresses and identities."""
        cni = self._addon_role("vpc-cni", ["AmazonEKS_CNI_Policy"])
        plain = {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}
        return [
            self._addon(
                "vpc-cni",
                {"enableNetworkPolicy": "true", "env": plain},
                identity=("aws-node", cni),
            ),
            self._addon("kube-proxy", {}),
            self._addon("eks-pod-identity-agent", {}),
        ]

    def _pools(self, before: Sequence[pulumi.Resource]) -> list[NodePool]:
        args = self._args
        nodes = role(
            "nodes",
            names.cloud(self._stack, "nodes"),
            trust("ec2.amazonaws.com"),
            self,
            managed=_NODE_POLICIES,
        )
        return [
            NodePool(
                f"{purpose}-pool",
                NodePoolArgs(
                    settings=args.settings,
                    pool=pool,
                    purpose=purpose,
                    cluster=self.name,
                    node_role=nodes.arn,
                    subnets=args.network.nodes,
                    disk_key=args.keys.cluster,
                ),
                # A node without these never becomes ready, and no value of theirs leads to it.
                pulumi.ResourceOptions(parent=self, depends_on=list(before)),
            )
            for purpose, pool in args.settings.pools.items()
        ]

    def _after_nodes(self, pools: Sequence[NodePool]) -> list[aws.eks.Addon]:
        """What runs in pods; off the services' nodes where there are others (D-7)."""
        grants = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        use = [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKeyWithoutPlaintext",
        ]
        key = [self._args.keys.data]
        disks = self._addon_role(
            "ebs-csi",
            ["AmazonEBSCSIDriverPolicy"],
            Statement(sid="UseKey", actions=use, resources=key),
            Statement(sid="GrantKey", actions=["kms:CreateGrant"], resources=key, condition=grants),
        )
        placed = _on_platform(self._args.settings)
        self._autoscaler()
        return [
            self._addon("coredns", placed, after=pools),
            self._addon(
                "aws-ebs-csi-driver",
                {"controller": placed} if placed else {},
                identity=("ebs-csi-controller-sa", disks),
                after=pools,
            ),
        ]

    def _addon(
        self,
        addon: str,
        values: Mapping[str, object],
        *,
        identity: tuple[str, aws.iam.Role] | None = None,
        after: Sequence[pulumi.Resource] = (),
    ) -> aws.eks.Addon:
        associations = None
        if identity:
            account, taken = identity
            associations = [
                aws.eks.AddonPodIdentityAssociationArgs(service_account=account, role_arn=taken.arn)
            ]
        return aws.eks.Addon(
            addon,
            addon_name=addon,
            cluster_name=self.name,
            configuration_values=json.dumps(values, sort_keys=True) if values else None,
            pod_identity_associations=associations,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="PRESERVE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )

    def _addon_role(self, purpose: str, managed: Sequence[str], *own: Statement) -> aws.iam.Role:
        trusted = trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession")
        physical = names.cloud(self._stack, purpose)
        return role(purpose, physical, trusted, self, managed=managed, statements=own)

    def _autoscaler(self) -> None:
        """What the cluster-autoscaler may do: see the groups, and size those of this cluster."""
        looks = [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetInstanceTypesFromInstanceRequirements",
            "eks:DescribeNodegroup",
        ]
        sizes = [
            "autoscaling:SetDesiredCapacity",
            "autoscaling:TerminateInstanceInAutoScalingGroup",
        ]
        own = {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{names.cloud(self._stack)}": "owned"}
        Identity(
            "cluster-autoscaler",
            IdentityArgs(
                settings=self._args.settings,
                cluster=self.name,
                namespace="kube-system",
                account="cluster-autoscaler",
                statements=[
                    Statement(sid="Look", actions=looks, resources=["*"]),
                    Statement(
                        sid="Size",
                        actions=sizes,
                        resources=["*"],
                        condition={"StringEquals": own},
                    ),
                ],
            ),
            self._child,
        )

    def _access(self, plane: aws.eks.Cluster) -> None:
        args = AccessArgs(
            settings=self._args.settings,
            cloud=self._args.cloud,
            cluster=plane.name,
            cluster_arn=plane.arn,
        )
        Access("people", args, self._child)


def _on_platform(settings: Settings) -> dict[str, object]:
    if settings.environment.platform is None:
        return {}
    tolerated = {"key": names.POOL_LABEL, "operator": "Exists", "effect": "NoSchedule"}
    return {
        "nodeSelector": {names.POOL_LABEL: names.PLATFORM_POOL},
        "tolerations": [tolerated],
    }


def _kubeconfig(found: Sequence[str]) -> str:
    name, endpoint, authority, region, *_ = found
    token = ["eks", "get-token", "--cluster-name", name, "--region", region]
    return kubeconfig(name, endpoint, authority, {"command": "aws", "args": token})
