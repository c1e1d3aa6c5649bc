"""Which pods give way when the nodes are full.

Owns one PriorityClass per rank. The scheduler evicts a pod of a lower rank for one of a higher that
finds no room: a data store never waits for a service, the gateway never for the shop.
"""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s

from settings import names


class Priorities(pulumi.ComponentResource):
    """The ranks of `names.PRIORITIES`."""

    names: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, stack: str, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make one class per rank; no pod gets one that does not ask for it."""
        super().__init__("manpasik:platform:Priorities", name, None, opts)
        made = [self._rank(rank, value, stack) for rank, value in names.PRIORITIES.items()]
        self.names = [each.metadata.name for each in made]
        self.register_outputs({"names": self.names})

    def _rank(self, rank: str, value: int, stack: str) -> k8s.scheduling.v1.PriorityClass:
        own = names.priority(rank)
        return k8s.scheduling.v1.PriorityClass(
            f"{rank}-priority",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=own, labels=names.labels(own, "priority", stack)
            ),
            value=value,
            description=f"ManPaSik: {rank} pods.",
            opts=pulumi.ResourceOptions(parent=self),
        )
