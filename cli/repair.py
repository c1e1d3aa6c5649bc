"""Clears up after a killed update: what it was creating is looked for (pitfall A-6).

A Kubernetes object that is there is taken into the state with the inputs it was created from; one
that is not will be created. The engine's own import would take the live object's defaults as inputs
and replace it at the next update. What a cloud was creating cannot be looked up by its name alone:
it is named, and nobody's state is edited by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.cluster import Cluster

_KUBERNETES = {"apiVersion", "kind"}


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """A state without pending operations, and what could not be looked for."""

    state: dict[str, Any]
    adopted: Sequence[str]
    """URNs of what was found and taken into the state."""
    unknown: Sequence[str]
    """URNs of what a cloud may hold now; the next update makes another."""


def repaired(deployment: Mapping[str, Any], cluster: Callable[[], Cluster]) -> Repaired | None:
    """The deployment without pending operations; None where it has none."""
    operations: list[Any] = deployment.get("pending_operations") or []
    if not operations:
        return None
    creating = [op["resource"] for op in operations if op["type"] == "creating"]
    in_cluster = [each for each in creating if _is_object(each)]
    there = cluster() if in_cluster else None
    found = [state for each in in_cluster if there and (state := _existing(there, each))]
    return Repaired(
        state={
            **deployment,
            "resources": [*deployment.get("resources", []), *found],
            "pending_operations": [op for op in operations if op["type"] != "creating"],
        },
        adopted=[str(each["urn"]) for each in found],
        unknown=[str(each["urn"]) for each in creating if not _is_object(each)],
    )


def _is_object(resource: Mapping[str, Any]) -> bool:
    return (resource.get("inputs") or {}).keys() >= _KUBERNETES


def _existing(cluster: Cluster, resource: Mapping[str, Any]) -> dict[str, Any] | None:
    """A half-created Kubernetes object as state, where the cluster has it; else None."""
    inputs: Any = resource["inputs"]
    name, namespace = inputs["metadata"]["name"], inputs["metadata"].get("namespace", "")
    if cluster.get(inputs["apiVersion"], inputs["kind"], name, namespace) is None:
        return None
    identity = f"{namespace}/{name}" if namespace else name
    return {**resource, "id": identity, "outputs": inputs}
