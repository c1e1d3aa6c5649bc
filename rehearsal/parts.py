"""Who plays which part in the played product, and how quick it answers."""

import math

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]
"""A metric, its labels, its value."""
STABLE, CANARY = "6c9d7f5b84", "7f8d9c6b55"
"""Hashes of the two versions' pod templates."""
VERSIONS = {STABLE: "v1.0.0", CANARY: "v1.1.0"}
RELEASED, ILL, SILENT, UNREACHED = (
    "auth-service", "payment-service", "translation-service", "community-service"
)  # fmt: skip
"""Which service is being released, which fails and is slow, which is asked nothing, and of which
some requests find no pod."""
PODS = 2


def pod(service: str, pod_hash: str, index: int) -> str:
    """The name of a pod."""
    return f"{service}-{pod_hash}-p{index}xyz"


def quicker(edge_ms: float, median_ms: float) -> float:
    """Log-normal, as answers are: the share that takes no longer."""
    return 0.5 * (1 + math.erf(math.log(edge_ms / median_ms) / (0.7 * math.sqrt(2))))
