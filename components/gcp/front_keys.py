"""The keys of what the stack above the regions keeps: one for each place, never Google's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from settings import names
from settings.loader import Settings

DESTRUCTION_SECONDS = 30 * 24 * 60 * 60
ROTATION_SECONDS = 90 * 24 * 60 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontKeyArgs:
    """What for, where, and which of the cloud's services use it."""

    settings: Settings
    purpose: str
    region: str
    project: str
    number: pulumi.Input[str]
    """The project's number, which names Google's own accounts in it."""
    services: Sequence[str] = ()
    """The accounts in which Google's services act within the project."""


class FrontKey(pulumi.ComponentResource):
    """One key; protected, since what it encrypted goes with it."""

    key: pulumi.Output[str]

    def __init__(
        self, name: str, args: FrontKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the ring and its key, known when its users may use it."""
        super().__init__("manpasik:gcp:FrontKey", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        ring = gcp.kms.KeyRing(
            f"{name}-ring",
            name=names.cloud(args.settings.stack_name, args.purpose),
            location=args.region,
            project=args.project,
            opts=child,
        )
        key = gcp.kms.CryptoKey(
            f"{name}-key",
            name=args.purpose,
            key_ring=ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{ROTATION_SECONDS}s",
            destroy_scheduled_duration=f"{DESTRUCTION_SECONDS}s",
            opts=pulumi.ResourceOptions(parent=self, protect=args.settings.protected),
        )
        grants = [
            gcp.kms.CryptoKeyIAMMember(
                f"{name}-key-{service}",
                crypto_key_id=key.id,
                role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
                member=pulumi.Output.format(
                    "serviceAccount:service-{}@{}.iam.gserviceaccount.com", args.number, service
                ),
                opts=child,
            )
            for service in args.services
        ]
        self.key = pulumi.Output.all(key.id, *(grant.member for grant in grants)).apply(_first)
        self.register_outputs({"key": self.key})


def _first(found: Sequence[str]) -> str:
    return found[0]
