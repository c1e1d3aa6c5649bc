"""One service in the mesh: how it is reached, and by whom.

Owns DestinationRule, VirtualService and AuthorizationPolicy of the service. The weights of the
route and the hashes of the subsets are the Rollouts controller's (settings/ownership.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.mesh import resources
from components.mesh.policies import NETWORKING, SECURITY
from components.mesh.resources import Public, Spec
from components.pods import metadata
from settings import names, ownership
from settings.catalog import Service
from settings.strategy import Delivery, Strategy


@dataclass(frozen=True, kw_only=True, slots=True)
class MeshServiceArgs:
    """What the mesh must know of a service."""

    stack: str
    service: Service
    strategy: Strategy
    delivery: Delivery
    identities: Sequence[str]
    """By which names the mesh knows those that call it; nobody else may, without one nobody."""
    public: Public | None
    namespace: pulumi.Input[str]


class MeshService(pulumi.ComponentResource):
    """The route to a service's pods, and the policy in front of them."""

    route: k8s.apiextensions.CustomResource
    destination: k8s.apiextensions.CustomResource

    def __init__(
        self, name: str, args: MeshServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make them in the order in which the mesh stays whole."""
        super().__init__("manpasik:mesh:MeshService", name, None, opts)
        self._args = args
        service = args.service
        split = args.strategy == "canary"
        subsets = (names.STABLE, names.CANARY) if split else ()
        rule = resources.destination(service.name, subsets)
        way = resources.route(service.name, service.port, subsets, args.public)
        # A route may not lead to a subset that is not there: 503, «no cluster» (C-5). So subsets
        # come before the route, and go after it.
        if split:
            self.destination = self._custom("destination", NETWORKING, "DestinationRule", rule)
            self.route = self._custom("route", NETWORKING, "VirtualService", way, self.destination)
        else:
            self.route = self._custom("route", NETWORKING, "VirtualService", way)
            self.destination = self._custom(
                "destination", NETWORKING, "DestinationRule", rule, self.route
            )
        if args.delivery.strict and args.identities:
            allowed = resources.callers(service.name, service.port, args.identities)
            self._custom("callers", SECURITY, "AuthorizationPolicy", allowed)
        self.register_outputs({"route": self.route.id, "destination": self.destination.id})

    def _custom(
        self, part: str, version: str, kind: str, spec: Spec, *after: pulumi.Resource
    ) -> k8s.apiextensions.CustomResource:
        args = self._args
        labels = names.labels(args.service.name, args.service.protocol, args.stack)
        return k8s.apiextensions.CustomResource(
            f"{args.service.name}-{part}",
            api_version=version,
            kind=kind,
            metadata=metadata(args.service.name, args.namespace, labels),
            spec=spec,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=list(after), ignore_changes=_written_by_others(kind, args)
            ),
        )


def _written_by_others(kind: str, args: MeshServiceArgs) -> list[str] | None:
    if args.strategy != "canary":
        return None
    return ownership.written_by_others(kind, "Argo Rollouts") or None
