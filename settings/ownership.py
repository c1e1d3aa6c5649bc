"""One writer per field: who writes what the program declares an object with (decision 3).

Two writers on one field undo each other's work for ever (pitfalls W-1, W-3). The program leaves out
what another writes; `ignore_changes`, Argo CD's `ignoreDifferences` and the drift filter come from
this table and from nowhere else.
"""

from dataclasses import dataclass
from typing import Literal

Writer = Literal["HorizontalPodAutoscaler", "Argo Rollouts", "cert-manager"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contested:
    """A field of a kind that the program could write, and does not."""

    kind: str
    path: str
    """As Pulumi's `ignore_changes` writes it."""
    writer: Writer
    why: str


CONTESTED = (
    Contested(
        kind="Deployment",
        path="spec.replicas",
        writer="HorizontalPodAutoscaler",
        why="an apply would set the scale back (W-1, KUST-04)",
    ),
    Contested(
        kind="Rollout",
        path="spec.replicas",
        writer="HorizontalPodAutoscaler",
        why="removed from a live Rollout it falls to 1 (W-1)",
    ),
    Contested(
        kind="VirtualService",
        path="spec.http[*].route[*].weight",
        writer="Argo Rollouts",
        why="a sync in the middle of a canary would reset its weight (W-3)",
    ),
    Contested(
        kind="Service",
        path='spec.selector["rollouts-pod-template-hash"]',
        writer="Argo Rollouts",
        why="it chooses the active colour (decision 10)",
    ),
)


def written_by_others(kind: str, *writers: Writer) -> list[str]:
    """The paths of a kind that these writers own."""
    return [each.path for each in CONTESTED if each.kind == kind and each.writer in writers]
