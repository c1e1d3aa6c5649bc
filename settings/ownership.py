"""One writer per field: who writes what the program declares an object with (decision 3).

Two writers on one field undo each other's work for ever (pitfalls W-1, W-3). The program leaves out
what another writes; `ignore_changes`, Argo CD's `ignoreDifferences`, the values that an apply takes
from the live object and the drift filter come from this table and from nowhere else.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Writer = Literal["HorizontalPodAutoscaler", "Argo Rollouts", "Argo CD", "cert-manager", "people"]

_STEP = re.compile(r'\.?([A-Za-z][A-Za-z0-9]*)|\[\*\]|\["([^"]+)"\]')


@dataclass(frozen=True, kw_only=True, slots=True)
class Contested:
    """A field of a kind that the program could write, and does not."""

    kind: str
    path: str
    """As Pulumi's `ignore_changes` writes it."""
    writer: Writer
    why: str
    group: str = ""
    """API group of the kind; empty for the core one."""
    whole: str | None = None
    """What of it the API server tracks as one: whoever writes a part is the owner of all of it."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The path in steps; `*` is each entry of a list."""
        return tuple(found[1] or found[2] or "*" for found in _STEP.finditer(self.path))

    @property
    def jq(self) -> str:
        """The path as jq writes it, for Argo CD."""
        plain = re.compile(r"[A-Za-z][A-Za-z0-9]*")
        parts = (
            "[]" if step == "*" else f".{step}" if plain.fullmatch(step) else f'."{step}"'
            for step in self.steps
        )
        return "".join(parts)


HASH_LABEL = "rollouts-pod-template-hash"
CONTESTED = (
    Contested(
        kind="Deployment",
        group="apps",
        path="spec.replicas",
        writer="HorizontalPodAutoscaler",
        why="an apply would set the scale back (W-1, KUST-04)",
    ),
    Contested(
        kind="Rollout",
        group="argoproj.io",
        path="spec.replicas",
        writer="HorizontalPodAutoscaler",
        why="removed from a live Rollout it falls to 1 (W-1)",
    ),
    Contested(
        kind="VirtualService",
        group="networking.istio.io",
        path="spec.http[*].route[*].weight",
        writer="Argo Rollouts",
        why="a sync in the middle of a canary would reset its weight (W-3)",
        whole="spec.http",
    ),
    Contested(
        kind="DestinationRule",
        group="networking.istio.io",
        path=f'spec.subsets[*].labels["{HASH_LABEL}"]',
        writer="Argo Rollouts",
        why="it says which version a subset is; without it a subset is every pod (C-5)",
        whole="spec.subsets",
    ),
    Contested(
        kind="Service",
        path=f'spec.selector["{HASH_LABEL}"]',
        writer="Argo Rollouts",
        why="it chooses the active colour (decision 10)",
        whole="spec.selector",
    ),
    Contested(
        kind="Application",
        group="argoproj.io",
        path="spec.syncPolicy.automated",
        writer="people",
        why="a rollback switches it off; switched on again it would undo the rollback (D-12, W-6)",
        whole="spec.syncPolicy.automated",
    ),
)


def written_by_others(kind: str, *writers: Writer) -> list[str]:
    """What of a kind these writers own, as large as the API server tracks it."""
    return [
        each.whole or each.path
        for each in CONTESTED
        if each.kind == kind and each.writer in writers
    ]


def ignored_differences(kinds: Iterable[str]) -> list[dict[str, object]]:
    """Argo CD's `ignoreDifferences` for objects of these kinds (W-2, W-3).

    By path, never by `managedFieldsManagers`: that freezes a VirtualService (argo-rollouts #3854).
    """
    return [
        {"group": each.group, "kind": each.kind, "jqPathExpressions": [each.jq]}
        if each.group
        else {"kind": each.kind, "jqPathExpressions": [each.jq]}
        for each in CONTESTED
        if each.kind in set(kinds)
    ]


AUTOSCALED = {"NodeGroup": "scalingConfig.desiredSize", "NodePool": "initialNodeCount"}
"""How many nodes a pool has at a moment, by the cloud's kind of pool: the autoscaler writes it. An
update would take away the nodes that a load has brought, or replace the whole pool (D-7)."""
