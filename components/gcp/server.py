"""The Dev server of D-3: one machine of R-NODE's size that runs the compose file.

It takes the file from a bucket, where `mpk push` puts it at each merge, and has no address on the
internet: people reach it through Identity-Aware Proxy.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.compose_machine import start_script
from settings import names
from settings.instances import instance_for
from settings.loader import Settings

_IMAGE = "ubuntu-os-cloud/ubuntu-2404-lts-amd64"
_FETCH = "gcloud storage cp --no-user-output-enabled gs://{bucket}/{file} {to}"
_TOOLS = "snap install google-cloud-cli --classic"
_PROXY = "35.235.240.0/20"
"""Where Identity-Aware Proxy calls from; it lets in who has the right to."""
_PEOPLE = ("developers", "operations")


@dataclass(frozen=True, kw_only=True, slots=True)
class DevServerArgs:
    """Where it stands, and where it finds the compose file."""

    settings: Settings
    project: str
    zone: str
    network: pulumi.Input[str]
    subnet: pulumi.Input[str]
    disk_key: pulumi.Input[str]
    bucket: pulumi.Input[str]
    bucket_reference: pulumi.Input[str]


class DevServer(pulumi.ComponentResource):
    """One machine, and nothing that leads to it but the proxy."""

    machine: pulumi.Output[str]

    def __init__(
        self, name: str, args: DevServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make its identity, then the machine."""
        super().__init__("manpasik:gcp:DevServer", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._physical = names.cloud(args.settings.stack_name, "server")
        self._firewall()
        machine = self._machine(self._identity())
        self.machine = machine.instance_id
        self.register_outputs({"machine": self.machine})

    def _identity(self) -> pulumi.Output[str]:
        args = self._args
        account = gcp.serviceaccount.Account(
            "server-account",
            account_id=names.cloud(args.settings.stack_name, "server", longest=30),
            display_name=f"ManPaSik {args.settings.stack_name}: server",
            project=args.project,
            opts=self._child,
        )
        gcp.storage.BucketIAMMember(
            "server-compose-file",
            bucket=args.bucket_reference,
            role="roles/storage.objectViewer",
            member=pulumi.Output.concat("serviceAccount:", account.email),
            opts=self._child,
        )
        for group in _PEOPLE:
            gcp.projects.IAMMember(
                f"server-{group}",
                project=args.project,
                role="roles/iap.tunnelResourceAccessor",
                member=f"group:{args.settings.subject(group)}",
                opts=self._child,
            )
        return account.email

    def _firewall(self) -> None:
        gcp.compute.Firewall(
            "server-proxy",
            name=self._physical,
            project=self._args.project,
            network=self._args.network,
            direction="INGRESS",
            source_ranges=[_PROXY],
            target_tags=[self._physical],
            allows=[gcp.compute.FirewallAllowArgs(protocol="tcp", ports=["22"])],
            log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
            opts=self._child,
        )

    def _machine(self, account: pulumi.Output[str]) -> gcp.compute.Instance:
        args = self._args
        disk = gcp.compute.InstanceBootDiskInitializeParamsArgs(
            image=_IMAGE, size=args.settings.nodes.storage_per_node_gib, type="pd-balanced"
        )
        return gcp.compute.Instance(
            "server",
            name=self._physical,
            project=args.project,
            zone=args.zone,
            machine_type=_shape(args.settings),
            tags=[self._physical],
            boot_disk=gcp.compute.InstanceBootDiskArgs(
                initialize_params=disk, kms_key_self_link=args.disk_key
            ),
            # No access_configs: no address on the internet.
            network_interfaces=[gcp.compute.InstanceNetworkInterfaceArgs(subnetwork=args.subnet)],
            service_account=gcp.compute.InstanceServiceAccountArgs(
                email=account, scopes=["https://www.googleapis.com/auth/cloud-platform"]
            ),
            shielded_instance_config=gcp.compute.InstanceShieldedInstanceConfigArgs(
                enable_secure_boot=True, enable_vtpm=True, enable_integrity_monitoring=True
            ),
            metadata={"block-project-ssh-keys": "TRUE", "enable-oslogin": "TRUE"},
            metadata_startup_script=start_script(args.bucket, fetch=_FETCH, tools=_TOOLS),
            allow_stopping_for_update=True,
            labels=names.tags(args.settings.stack_name),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _shape(settings: Settings) -> str:
    pool = settings.nodes
    machine = instance_for(settings.catalog.instances, "gcp", "node", pool.vcpu, pool.memory_gb)
    if machine is None:
        raise ValueError(f"no machine of {pool.vcpu}/{pool.memory_gb}: the rules missed it")
    return machine
