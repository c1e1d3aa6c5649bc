"""What holds for the whole application's namespace in the mesh: identity, refusal, metrics.

Owns PeerAuthentication, the policy that allows nothing, Telemetry. What one service may be asked
by whom belongs to the service.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.mesh import resources
from components.mesh.resources import Spec
from components.pods import metadata
from settings import names
from settings.strategy import Delivery

SECURITY = "security.istio.io/v1"
NETWORKING = "networking.istio.io/v1"
TELEMETRY = "telemetry.istio.io/v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class PoliciesArgs:
    """Where, and how strictly."""

    stack: str
    delivery: Delivery
    namespace: pulumi.Input[str]


class Policies(pulumi.ComponentResource):
    """STRICT mutual TLS, and nothing allowed that is not named."""

    mode: str

    def __init__(
        self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make them; while services move into the mesh nothing is refused yet."""
        super().__init__("manpasik:mesh:Policies", name, None, opts)
        strict = args.delivery.strict
        parts: list[tuple[str, str, str, Spec]] = [
            ("peers", SECURITY, "PeerAuthentication", resources.peers(strict=strict)),
            ("telemetry", TELEMETRY, "Telemetry", resources.telemetry()),
        ]
        if strict:
            parts.append(("nobody", SECURITY, "AuthorizationPolicy", resources.nobody()))
        labels = names.labels(names.APPLICATION, "mesh", args.stack)
        for part, version, kind, spec in parts:
            k8s.apiextensions.CustomResource(
                f"{name}-{part}",
                api_version=version,
                kind=kind,
                metadata=metadata(names.APPLICATION, args.namespace, labels),
                spec=spec,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.mode = "STRICT" if strict else "PERMISSIVE"
        self.register_outputs({"mode": self.mode})
