"""What pods may use of a node: its size less what kubelet, system and eviction keep.

The shares are those that the managed clouds publish for their nodes; the specification's figures
(R-NODE) are the machine's, so the difference decides whether a plan fits (D-7).
"""

from settings.catalog import NodePool

EVICTION_MIB = 100
# (up to that many cores, share kept), then (up to that many GiB, share kept).
_CPU_KEPT = ((1, 0.06), (2, 0.01), (4, 0.005), (float("inf"), 0.0025))
_MEMORY_KEPT = ((4, 0.25), (8, 0.20), (16, 0.10), (128, 0.06), (float("inf"), 0.02))


def allocatable(pool: NodePool) -> tuple[int, int]:
    """Thousandths of a core and MiB of memory that pods may use on one node of the pool."""
    cpu = pool.vcpu - _kept(pool.vcpu, _CPU_KEPT)
    memory = pool.memory_gb - _kept(pool.memory_gb, _MEMORY_KEPT)
    return int(cpu * 1000), int(memory * 1024) - EVICTION_MIB


def _kept(amount: float, shares: tuple[tuple[float, float], ...]) -> float:
    kept = start = 0.0
    for end, share in shares:
        kept += max(0.0, min(amount, end) - start) * share
        start = end
    return kept
