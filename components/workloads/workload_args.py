"""What a service needs from its surroundings."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.environment import Environment
from components.mesh.resources import Public
from settings.catalog import Service
from settings.environments import WorkloadSize
from settings.strategy import Delivery, Strategy


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadArgs:
    """What a service needs from its surroundings."""

    stack: str
    service: Service
    size: WorkloadSize
    image: str
    version: str
    """The image's tag."""
    pull_policy: str
    zones: int
    """Zones that the nodes are in: over more than one, no zone gets a second pod too early."""
    namespace: pulumi.Input[str]
    environment: Environment
    checksum: pulumi.Input[str]
    shutdown_seconds: int
    gate_image: str
    delivery: Delivery
    strategy: Strategy
    callers: Sequence[str] = ()
    """By which names the mesh knows those that may call it."""
    public: Public | None = None
    """The public host, of the service that has one."""
    settled: pulumi.ResourceHookBinding | None = None
    """What the engine waits for once a Rollout was applied (decision 4)."""
    starts_after: Sequence[pulumi.Resource] = ()
