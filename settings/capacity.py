"""What pods may use of a node: its size less what kubelet, system and eviction keep.

The shares are those that the managed clouds publish for their nodes; the specification's figures
(R-NODE) are the machine's, so the difference decides whether a plan fits (D-7).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from settings.environments import Pool, WorkloadSize
from settings.loader import Settings
from settings.model import mebibytes, millicores

EVICTION_MIB = 100
# (up to that many cores, share kept), then (up to that many GiB, share kept).
_CPU_KEPT = ((1, 0.06), (2, 0.01), (4, 0.005), (float("inf"), 0.0025))
_MEMORY_KEPT = ((4, 0.25), (8, 0.20), (16, 0.10), (128, 0.06), (float("inf"), 0.02))


# What every node runs beside the product's pods, in thousandths of a core and MiB: what the managed
# clouds and the monitoring chart ask for by default.
DAEMONS = {
    "network plugin": (50, 64),
    "kube-proxy": (100, 64),
    "storage driver": (30, 120),
    "node exporter": (20, 32),
}
PODS_PER_NODE = 110
PROXY_CPU, PROXY_MIB = 50, 96
"""What the mesh's proxy asks for beside each service."""
# A rolling update holds one pod more of each service, and one more that is still leaving.
EXTRA_PODS_PER_SERVICE = 2
MIGRATION_CPU, MIGRATION_MIB = 50, 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """What some pods ask for together: thousandths of a core, MiB."""

    pods: int
    cpu: int
    memory: int


def quota(settings: Settings) -> Amount:
    """What the application may ask for: twice what the environment's own figures come to.

    Grown, rolling and migrating at once. Room for a service that a stack makes larger, so that its
    change alone shows in a plan; more only where the stack's own figures come to more.
    """
    beside = proxy(settings)
    usual = _asked(dict.fromkeys(settings.services, settings.environment.workload), beside, 1)
    # Before the old version goes, the new one has all its pods beside it.
    versions = 1 if settings.delivery.strategy == "rolling" else 2
    own = _asked({name: settings.size(name) for name in settings.services}, beside, versions)
    return Amount(
        pods=max(2 * usual.pods, own.pods),
        cpu=max(2 * usual.cpu, own.cpu),
        memory=max(2 * usual.memory, own.memory),
    )


def proxy(settings: Settings) -> tuple[int, int]:
    """What the mesh's proxy asks for beside each service, in thousandths of a core and MiB."""
    return (PROXY_CPU, PROXY_MIB) if settings.delivery.meshed else (0, 0)


def _asked(sizes: Mapping[str, WorkloadSize], beside: tuple[int, int], versions: int) -> Amount:
    counts = {n: size.most * versions + EXTRA_PODS_PER_SERVICE for n, size in sizes.items()}
    more_cpu, more_memory = beside
    return Amount(
        pods=sum(counts.values()) + len(sizes),
        cpu=sum(
            counts[n] * (millicores(s.cpu) + more_cpu) + MIGRATION_CPU for n, s in sizes.items()
        ),
        memory=sum(
            counts[n] * (int(mebibytes(s.memory)) + more_memory) + MIGRATION_MIB
            for n, s in sizes.items()
        ),
    )


def cpu_quantity(thousandths: int) -> str:
    """A CPU quantity in canonical form (W-4)."""
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def memory_quantity(mib: int) -> str:
    """A memory quantity in canonical form (W-4)."""
    return f"{mib}Mi" if mib % 1024 else f"{mib // 1024}Gi"


def allocatable(pool: Pool) -> tuple[int, int]:
    """Thousandths of a core and MiB of memory that pods may use on one node of the pool."""
    cpu = pool.vcpu - _kept(pool.vcpu, _CPU_KEPT)
    memory = pool.memory_gb - _kept(pool.memory_gb, _MEMORY_KEPT)
    return int(cpu * 1000), int(memory * 1024) - EVICTION_MIB


def schedulable(pool: Pool) -> tuple[int, int]:
    """What is left of `allocatable` beside the DaemonSets: for the product's own pods."""
    cpu, memory = allocatable(pool)
    return (
        cpu - sum(cpu for cpu, _ in DAEMONS.values()),
        memory - sum(memory for _, memory in DAEMONS.values()),
    )


def _kept(amount: float, shares: tuple[tuple[float, float], ...]) -> float:
    kept = start = 0.0
    for end, share in shares:
        kept += max(0.0, min(amount, end) - start) * share
        start = end
    return kept
