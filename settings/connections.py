"""How many connections each pod of a service may hold (ENV-13).

A pool holds as many as the node has CPUs unless it is told otherwise, and a managed server takes a
number that the settings say: shared out so that every service at its most pods, one more while it
rolls, and the migrations fit at once.
"""

from collections.abc import Iterable

from settings.environments import DatabaseSize
from settings.problems import Problem, shown

KEPT_BY_SERVER = 50
"""For operators, replication, monitoring and migrations."""


def per_pod(most_pods: Iterable[int], size: DatabaseSize | None) -> int:
    """Connections of one pod, given the most pods of each service that holds a pool."""
    if size is None:
        return 0
    return (size.connections - KEPT_BY_SERVER) // max(1, sum(most + 1 for most in most_pods))


def sslmode(pool: int) -> str:
    """The value of DB_SSLMODE: TLS, and the size of the pool, which the code reads there alone."""
    return f"require&pool_max_conns={pool}"


def too_few(environment: str, size: DatabaseSize) -> Problem:
    """What is wrong where not even one connection is left for each pod."""
    return Problem(
        file="catalog/environments.yaml",
        key=f"{environment}.database.connections",
        value=shown(size.connections),
        message="are fewer than the pods of all services at their most (ENV-13)",
        remedy="raise them, or lower max_replicas",
    )
