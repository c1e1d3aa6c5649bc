"""The managed Redis of an environment: ElastiCache, encrypted at rest, with a password.

The product's client speaks no TLS, so the server offers it and does not insist (ADR 0031). Only the
cluster's nodes reach it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.network import from_nodes
from settings import names
from settings.environments import CacheSize
from settings.instances import cache_node
from settings.loader import Settings
from settings.secrets import Secrets

ENGINE, VERSION = "redis", "7.1"
PORT = 6379
SNAPSHOT_DAYS = 7
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheArgs:
    """How large, where, for whom."""

    settings: Settings
    size: CacheSize
    secrets: Secrets
    network: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    clients: pulumi.Input[str]
    """The security group that may connect."""
    data_key: pulumi.Input[str]


class Cache(pulumi.ComponentResource):
    """One Redis, behind the contract of a store."""

    configuration: Mapping[str, pulumi.Output[str]]
    secrets: Mapping[str, pulumi.Output[str]]
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the server and what it stands in."""
        super().__init__("manpasik:aws:Cache", name, None, opts)
        self._args = args
        self._physical = names.cloud(args.settings.stack_name, longest=_LONGEST_NAME)
        server = self._server()
        self.configuration = {
            "REDIS_HOST": server.primary_endpoint_address,
            "REDIS_PORT": pulumi.Output.from_input(str(PORT)),
        }
        self.secrets = {}
        self.ready_when = (server,)
        self.register_outputs(dict(self.configuration))

    def _server(self) -> aws.elasticache.ReplicationGroup:
        args, child = self._args, pulumi.ResourceOptions(parent=self)
        subnets = aws.elasticache.SubnetGroup(
            "cache-subnets", name=self._physical, subnet_ids=list(args.subnets), opts=child
        )
        firewall = from_nodes(
            "cache", "Redis", PORT, args.network, args.clients, args.settings.stack_name, child
        )
        several = args.size.zones > 1
        return aws.elasticache.ReplicationGroup(
            "cache-server",
            replication_group_id=self._physical,
            description=f"ManPaSik {args.settings.stack_name}",
            engine=ENGINE,
            engine_version=VERSION,
            port=PORT,
            node_type=_machine(args),
            num_cache_clusters=args.size.zones,
            automatic_failover_enabled=several,
            multi_az_enabled=several,
            subnet_group_name=subnets.name,
            security_group_ids=[firewall.id],
            at_rest_encryption_enabled=True,
            kms_key_id=args.data_key,
            transit_encryption_enabled=True,
            transit_encryption_mode="preferred",
            auth_token=pulumi.Output.secret(args.secrets.values["REDIS_PASSWORD"]),
            snapshot_retention_limit=SNAPSHOT_DAYS,
            snapshot_window="17:00-18:00",  # 02:00 in Seoul
            maintenance_window="sun:18:00-sun:19:00",
            auto_minor_version_upgrade=True,
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )


def _machine(args: CacheArgs) -> str:
    machine = cache_node(args.settings.catalog.instances, "aws", args.size.memory_gb)
    if machine is None:
        raise ValueError(f"no cache of {args.size.memory_gb} GB; the settings' rules missed it")
    return machine
