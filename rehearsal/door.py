"""What ingress-nginx says of the played product before there is a mesh: of the gateway alone.

Names and labels are the controller's (its request and status collectors); `job` and `pod` are what
a scrape adds. Times are in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rehearsal.parts import Labels, Sample, quicker
from settings import names, signals_door

if TYPE_CHECKING:
    from rehearsal.world import World

UNSEEN = ("istio_", "envoy_", "rollout_", "analysis_run_", "argocd_")
"""What nothing exports in phase 2: there is no mesh, no Rollouts controller and no Argo CD."""
_REQUESTS, _BUCKET, _CONNECTIONS = signals_door.READ
_SCRAPED: Labels = (("job", signals_door.JOB), ("controller_pod", "ingress-nginx-controller-x"))
_OF_GATEWAY: Labels = (
    *_SCRAPED, ("namespace", names.APPLICATION_NAMESPACE), ("ingress", names.INGRESS),
    ("service", signals_door.SERVICE), ("host", "api.manpasik.com"), ("method", "GET"),
    ("path", "/"), ("canary", ""),
)  # fmt: skip


def count(world: World, asked: float, bad: float, median_ms: float) -> None:
    """So many more requests to the gateway."""
    for code, share in (("200", 1 - bad - 0.02), ("404", 0.02), ("503", bad)):
        world.add(_REQUESTS, (*_OF_GATEWAY, ("status", code)), asked * share)
    told = (*_OF_GATEWAY, ("status", "200"))
    for edge in signals_door.EDGES_SECONDS:
        within = asked * quicker(1000 * edge, median_ms)
        world.add(_BUCKET, (*told, ("le", f"{edge:g}")), within)
    world.add(_BUCKET, (*told, ("le", "+Inf")), asked)


def gauges() -> Iterator[Sample]:
    """Its connections."""
    for state, held in (("active", 42.0), ("reading", 0.0), ("writing", 7.0), ("waiting", 35.0)):
        yield _CONNECTIONS, (*_SCRAPED, ("state", state)), held
