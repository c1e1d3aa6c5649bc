"""How a stack's versions go out, from its phase and its own words, and what it must not say."""

from collections.abc import Iterator

from settings.catalog import Catalog
from settings.stack import Stack
from settings.strategy import BY_PHASE, GITOPS_FROM_PHASE, MESH_FROM_PHASE, Delivery


def delivery(stack: Stack) -> Delivery:
    """What the phase implies, where the stack says nothing else."""
    return Delivery(
        strategy=stack.strategy or BY_PHASE[stack.phase],
        meshed=stack.phase >= MESH_FROM_PHASE if stack.mesh is None else stack.mesh,
        strict=not stack.mesh_permissive,
        gitops=stack.phase >= GITOPS_FROM_PHASE if stack.gitops is None else stack.gitops,
        release=stack.release,
    )


def problems(_: Catalog, stack: Stack) -> Iterator[tuple[str, object, str, str]]:
    """Only the mesh splits traffic by weight and counts its errors (C-3, OBS-01, OBS-02)."""
    found = delivery(stack)
    if found.strategy != "rolling" and not found.meshed:
        key = "mesh" if stack.strategy is None else "strategy"
        message = f"a {found.strategy} release is judged by what the mesh counts; there is none"
        remedy = "set mesh: true, or strategy: rolling"
        yield key, stack.mesh if key == "mesh" else found.strategy, message, remedy
    if stack.mesh_permissive and not found.meshed:
        message, remedy = "says how services move into a mesh that is off", "remove the line"
        yield "mesh_permissive", stack.mesh_permissive, message, remedy
