"""Clears up after a killed update: what it was creating is looked for (pitfall A-6).

What may be there is put into the state under the identity that its inputs give it, with the inputs
that it was created from; the refresh that follows reads it, and forgets it where it is not there.
The engine's own import would take the live object's defaults as inputs and replace it at the next
update. Nobody edits state by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.identities import identity


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """A state without pending creations, to be refreshed."""

    state: Mapping[str, Any]
    unknown: Sequence[str]
    """URNs of what a cloud may hold now, and cannot be asked for by name: another is made."""


def repaired(deployment: Mapping[str, Any]) -> Repaired | None:
    """The deployment with what was being created as if it were there; None where nothing is."""
    operations: Sequence[Mapping[str, Any]] = deployment.get("pending_operations") or []
    if not operations:
        return None
    creating: list[Mapping[str, Any]] = [
        op["resource"] for op in operations if op["type"] == "creating"
    ]
    perhaps = {str(each["urn"]): _as_if_there(each) for each in creating}
    resources: Sequence[Mapping[str, Any]] = deployment.get("resources") or []
    return Repaired(
        state={
            **deployment,
            "resources": _with(resources, {urn: it for urn, it in perhaps.items() if it}),
            "pending_operations": [op for op in operations if op["type"] != "creating"],
        },
        unknown=[urn for urn, it in perhaps.items() if it is None],
    )


def _as_if_there(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    inputs: Mapping[str, Any] = resource.get("inputs") or {}
    found = identity(str(resource["type"]), inputs)
    return {**resource, "id": found, "outputs": inputs} if found else None


def _with(
    resources: Sequence[Mapping[str, Any]], perhaps: Mapping[str, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The resources with those; what one of them replaces waits at the end for its deletion."""
    known = {str(each["urn"]) for each in resources}
    replaced = [each for each in resources if each["urn"] in perhaps]
    return [
        *(perhaps.get(str(each["urn"]), each) for each in resources),
        *(it for urn, it in perhaps.items() if urn not in known),
        *({**each, "delete": True} for each in replaced),
    ]
