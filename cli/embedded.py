"""The embedded cluster as the target of a stack: started when needed, with the stack's nodes."""

import shutil
import sys
from pathlib import Path

import localcluster
from cli.local import build_progress
from settings.capacity import allocatable
from settings.kubeconfig import kubeconfig_path
from settings.loader import Settings
from settings.paths import local_kubeconfig


def start_for(settings: Settings) -> localcluster.Cluster:
    """Bring up the embedded cluster with the nodes that R-NODE gives the stack."""
    with build_progress() as report:
        return localcluster.up("local", nodes_of(settings), report=report)


def nodes_of(settings: Settings) -> tuple[localcluster.SimulatedNode, ...]:
    """Simulated nodes of the size that the specification gives the environment (R-NODE, D-5)."""
    pool = settings.environment.nodes_in(settings.stack.phase)
    cpu, memory = allocatable(pool)
    disk = -(-pool.storage_gb // pool.count)
    return tuple(
        localcluster.SimulatedNode(
            name=f"node-{index + 1}",
            capacity=localcluster.Resources(
                cpu=str(pool.vcpu), memory=f"{pool.memory_gb}Gi", ephemeral_storage=f"{disk}Gi"
            ),
            allocatable=localcluster.Resources(
                cpu=f"{cpu}m", memory=f"{memory}Mi", ephemeral_storage=f"{disk}Gi"
            ),
            zone=f"local-{'abc'[index % 3]}",
        )
        for index in range(pool.count)
    )


def is_target(settings: Settings) -> bool:
    """Whether a stack goes to the embedded cluster: `local` does, unless its file names another."""
    return settings.stack.environment == "local" and settings.stack.cluster.kubeconfig is None


def exists_for(settings: Settings) -> bool:
    """False where the stack's target is the embedded cluster and there is none."""
    return not is_target(settings) or bool(localcluster.status("local")["exists"])


def kubeconfig_of(settings: Settings) -> str:
    """The kubeconfig of a stack's own target; starts nothing."""
    return str(local_kubeconfig()) if is_target(settings) else kubeconfig_path(settings)


def kubectl() -> str:
    """The kubectl to name in a hint: the user's own, else the one built here."""
    return shutil.which("kubectl") or str(
        localcluster.ensure(["kubectl"], localcluster.quiet)["kubectl"]
    )


def mpk() -> str:
    """This program as the user may call it."""
    return str(Path(sys.argv[0])) if Path(sys.argv[0]).name == "mpk" else "mpk"
