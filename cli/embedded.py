"""The embedded cluster as the target of a stack: started when needed, with the stack's nodes."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase

import localcluster
from cli.local import build_progress
from localcluster import Resources, SimulatedNode
from settings import names
from settings.capacity import DAEMONS, PODS_PER_NODE, schedulable
from settings.environments import Pool
from settings.kubeconfig import kubeconfig_path
from settings.loader import Settings
from settings.paths import local_kubeconfig


def start_for(settings: Settings) -> localcluster.Cluster:
    """Bring up the embedded cluster with the nodes that R-NODE gives the stack."""
    with build_progress() as report:
        return localcluster.up("local", nodes_of(settings), report=report)


def nodes_of(settings: Settings, count: int | None = None) -> tuple[SimulatedNode, ...]:
    """Simulated nodes of every pool of the stack, of the size that it is given (R-NODE, D-5, D-7).

    `count`: that many service nodes, where the pool has grown or shrunk.
    """
    services, platform = settings.nodes, settings.environment.platform
    if platform is None:
        return tuple(_nodes("node", services, count))
    label, of_services, of_platform = names.POOL_LABEL, names.SERVICES_POOL, names.PLATFORM_POOL
    return (
        *_nodes(of_services, services, count, labels={label: of_services}),
        *_nodes(
            of_platform,
            platform,
            labels={label: of_platform},
            taints=[f"{label}={of_platform}:NoSchedule"],
        ),
    )


def _nodes(
    name: str,
    pool: Pool,
    count: int | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    taints: Sequence[str] = (),
) -> Iterator[SimulatedNode]:
    """A pool's nodes, taking its zones in turn; DaemonSets have taken their part of each."""
    cpu, memory = schedulable(pool)
    disk = f"{pool.storage_per_node_gib}Gi"
    whole = Resources(cpu=str(pool.vcpu), memory=f"{pool.memory_gb}Gi", ephemeral_storage=disk)
    left = Resources(
        cpu=f"{cpu}m",
        memory=f"{memory}Mi",
        ephemeral_storage=disk,
        pods=PODS_PER_NODE - len(DAEMONS),
    )
    for index in range(pool.count if count is None else count):
        yield SimulatedNode(
            name=f"{name}-{index + 1}",
            capacity=whole,
            allocatable=left,
            zone=f"local-{ascii_lowercase[index % pool.zones]}",
            labels=labels or {},
            taints=taints,
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
