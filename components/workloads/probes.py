"""Probes that the programs really answer.

gRPC services: the kubelet's native probe with the empty service name, since one service registers
its health under another name (PROBE-04) and no image holds `grpc_health_probe` (PROBE-01). The
gateway: GET /health, its only health route (PROBE-02). Health says nothing of the stores
(PROBE-05); that is what the gate is for.
"""

import pulumi_kubernetes as k8s

from settings.catalog import Service

STARTUP_PERIOD_SECONDS = 2
READINESS_PERIOD_SECONDS = 5
LIVENESS_PERIOD_SECONDS = 10
TIMEOUT_SECONDS = 2


def startup(service: Service) -> k8s.core.v1.ProbeArgs:
    """Gives the program its whole start-up budget before the others count."""
    return _probe(
        service,
        STARTUP_PERIOD_SECONDS,
        failures=-(-service.startup_seconds // STARTUP_PERIOD_SECONDS),
    )


def readiness(service: Service) -> k8s.core.v1.ProbeArgs:
    """Takes a pod out of the Service after 10 s without an answer."""
    return _probe(service, READINESS_PERIOD_SECONDS, failures=2)


def liveness(service: Service) -> k8s.core.v1.ProbeArgs:
    """Restarts a program that has not answered for 30 s."""
    return _probe(service, LIVENESS_PERIOD_SECONDS, failures=3)


def _probe(service: Service, period: int, *, failures: int) -> k8s.core.v1.ProbeArgs:
    grpc = http = None
    if service.protocol == "grpc":
        # As the API server fills it in: left out, a Rollout would differ from git for ever.
        grpc = k8s.core.v1.GRPCActionArgs(port=service.port, service="")
    else:
        http = k8s.core.v1.HTTPGetActionArgs(path="/health", port=service.port)
    return k8s.core.v1.ProbeArgs(
        grpc=grpc,
        http_get=http,
        period_seconds=period,
        timeout_seconds=TIMEOUT_SECONDS,
        failure_threshold=failures,
    )
