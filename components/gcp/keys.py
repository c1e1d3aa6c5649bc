"""The keys that everything at rest is encrypted with: the product's own, never Google's.

One for the cluster's secrets and disks, one for data, one for logs; each may be used by the
services of Google that need it and by nobody else. A key that goes takes all that it encrypted with
it: keys are protected, and a version that is destroyed waits thirty days.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.cloud import GcpSettings
from settings.loader import Settings

DESTRUCTION_SECONDS = 30 * 24 * 60 * 60
ROTATION_SECONDS = 90 * 24 * 60 * 60
_AGENTS = {
    "compute": "compute-system",
    "container": "container-engine-robot",
    "logging": "gcp-sa-logging",
    "redis": "cloud-redis",
    "sql": "gcp-sa-cloud-sql",
    "storage": "gs-project-accounts",
}
"""The account in which each service of Google acts within a project."""
_MADE_ON_DEMAND = {
    "logging": "logging.googleapis.com",
    "redis": "redis.googleapis.com",
    "sql": "sqladmin.googleapis.com",
}
"""Accounts that are not there before somebody asks for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeysArgs:
    """Whose keys they are."""

    settings: Settings
    cloud: GcpSettings
    project: str
    number: pulumi.Input[str]
    """The project's number, which names Google's own accounts in it."""


class Keys(pulumi.ComponentResource):
    """Three keys, rotated every ninety days."""

    cluster: pulumi.Output[str]
    data: pulumi.Output[str]
    logs: pulumi.Output[str]

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the ring and its keys; each is known when its users may use it."""
        super().__init__("manpasik:gcp:Keys", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._made = {agent: self._agent(agent, of) for agent, of in _MADE_ON_DEMAND.items()}
        ring = gcp.kms.KeyRing(
            "keys",
            name=names.cloud(args.settings.stack_name),
            location=args.cloud.region,
            project=args.project,
            opts=self._child,
        )
        self.cluster = self._key("cluster", ring, ["compute", "container"])
        self.data = self._key("data", ring, ["compute", "redis", "sql", "storage"])
        self.logs = self._key("logs", ring, ["logging"])
        self.register_outputs({"cluster": self.cluster, "data": self.data, "logs": self.logs})

    def _key(
        self, purpose: str, ring: gcp.kms.KeyRing, agents: Sequence[str]
    ) -> pulumi.Output[str]:
        key = gcp.kms.CryptoKey(
            f"{purpose}-key",
            name=purpose,
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{ROTATION_SECONDS}s",
            destroy_scheduled_duration=f"{DESTRUCTION_SECONDS}s",
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.settings.protected),
        )
        grants = [
            gcp.kms.CryptoKeyIAMMember(
                f"{purpose}-key-{agent}",
                crypto_key_id=key.id,
                role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
                member=self._member(agent),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # The account must be there, and its name is known beforehand.
                    depends_on=[self._made[agent]] if agent in self._made else None,
                ),
            )
            for agent in agents
        ]
        return pulumi.Output.all(key.id, *[grant.member for grant in grants]).apply(_first)

    def _agent(self, agent: str, service: str) -> gcp.projects.ServiceIdentity:
        return gcp.projects.ServiceIdentity(
            f"{agent}-agent", service=service, project=self._args.project, opts=self._child
        )

    def _member(self, agent: str) -> pulumi.Output[str]:
        account = "serviceAccount:service-{}@{}.iam.gserviceaccount.com"
        return pulumi.Output.format(account, self._args.number, _AGENTS[agent])


def _first(found: Sequence[str]) -> str:
    return found[0]
