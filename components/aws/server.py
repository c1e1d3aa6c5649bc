"""The Dev server of D-3: one machine of R-NODE's size that runs the compose file.

It takes the file from a bucket, where `mpk push` puts it at each merge, and has no address on the
internet: people reach it through Session Manager.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.policies import Statement, role, trust
from components.compose_machine import start_script
from settings import names
from settings.instances import instance_for
from settings.loader import Settings

_IMAGE = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
_FETCH = "aws s3 cp --only-show-errors s3://{bucket}/{file} {to}"
_TOOLS = "snap install aws-cli --classic"


@dataclass(frozen=True, kw_only=True, slots=True)
class DevServerArgs:
    """Where it stands, and where it finds the compose file."""

    settings: Settings
    network: pulumi.Input[str]
    subnet: pulumi.Input[str]
    disk_key: pulumi.Input[str]
    bucket: pulumi.Input[str]
    bucket_reference: pulumi.Input[str]


class DevServer(pulumi.ComponentResource):
    """One machine, and nothing that leads to it."""

    machine: pulumi.Output[str]

    def __init__(
        self, name: str, args: DevServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make its identity, then the machine."""
        super().__init__("manpasik:aws:DevServer", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        machine = self._machine(self._identity())
        self.machine = machine.id
        self.register_outputs({"machine": self.machine})

    def _identity(self) -> aws.iam.InstanceProfile:
        args = self._args
        physical = names.cloud(args.settings.stack_name, "server")
        taken = role(
            "server",
            physical,
            trust("ec2.amazonaws.com"),
            self,
            managed=["AmazonSSMManagedInstanceCore"],
            statements=[
                Statement(
                    sid="ComposeFile",
                    actions=["s3:GetObject"],
                    resources=[pulumi.Output.concat(args.bucket_reference, "/compose/*")],
                ),
                Statement(sid="Decrypt", actions=["kms:Decrypt"], resources=[args.disk_key]),
            ],
        )
        return aws.iam.InstanceProfile(
            "server-profile", name=physical, role=taken.name, opts=self._child
        )

    def _machine(self, profile: aws.iam.InstanceProfile) -> aws.ec2.Instance:
        args = self._args
        physical = names.cloud(args.settings.stack_name, "server")
        group = aws.ec2.SecurityGroup(
            "server-group",
            name=physical,
            description="Nothing in; images and packages out",
            vpc_id=args.network,
            egress=[
                _out("Images, the bucket, snaps", 443),
                # Ubuntu's mirrors speak no TLS; apt checks the signature of what they send.
                _out("Packages", 80),
            ],
            opts=self._child,
        )
        image = aws.ssm.get_parameter_output(
            name=_IMAGE, opts=pulumi.InvokeOptions(parent=self)
        ).value
        disk = aws.ec2.InstanceRootBlockDeviceArgs(
            volume_type="gp3",
            volume_size=args.settings.nodes.storage_per_node_gib,
            encrypted=True,
            kms_key_id=args.disk_key,
        )
        return aws.ec2.Instance(
            "server",
            ami=image,
            instance_type=_shape(args.settings),
            subnet_id=args.subnet,
            vpc_security_group_ids=[group.id],
            associate_public_ip_address=False,
            iam_instance_profile=profile.name,
            ebs_optimized=True,
            monitoring=True,
            metadata_options=aws.ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            root_block_device=disk,
            user_data=start_script(args.bucket, fetch=_FETCH, tools=_TOOLS),
            tags={"Name": physical},
            # A newer image is taken when the machine is made anew, not whenever there is one.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["ami"]),
        )


def _out(what: str, port: int) -> aws.ec2.SecurityGroupEgressArgs:
    return aws.ec2.SecurityGroupEgressArgs(
        description=what, protocol="tcp", from_port=port, to_port=port, cidr_blocks=["0.0.0.0/0"]
    )


def _shape(settings: Settings) -> str:
    pool = settings.nodes
    machine = instance_for(settings.catalog.instances, "aws", "node", pool.vcpu, pool.memory_gb)
    if machine is None:
        raise ValueError(f"no machine of {pool.vcpu}/{pool.memory_gb}: the rules missed it")
    return machine
