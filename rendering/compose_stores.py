"""What Compose must know of single store images, because Kubernetes asks the kubelet instead.

A health check runs inside the container here, so it can use only what the image holds: each is the
one that the image's own makers publish. A store whose probe is a command keeps that command.
"""

from collections.abc import Mapping, Sequence

HealthCheck = Sequence[str]

_SEARCH = (
    'curl -fsS -o /dev/null -u "elastic:$ELASTIC_PASSWORD" http://127.0.0.1:{port}/_cluster/health'
)
_CHECKS: Mapping[str, HealthCheck] = {
    "elasticsearch": ("CMD-SHELL", _SEARCH),
    "milvus": ("CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:9091/healthz"),
    "milvus-etcd": ("CMD", "etcdctl", "--endpoints=http://127.0.0.1:{port}", "endpoint", "health"),
    "milvus-minio": (
        "CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:{port}/minio/health/live",
    ),
}  # fmt: skip

# Kubernetes restarts what starts too early; Compose can wait for it.
STARTS_AFTER: Mapping[str, Sequence[str]] = {"milvus": ("milvus-etcd", "milvus-minio")}

# What an image runs where the pod names no command.
ENTRYPOINTS: Mapping[str, str] = {"postgres": "docker-entrypoint.sh"}


def open_port_check(server: str, port: int) -> list[str]:
    """The check of a server that Kubernetes asks for an open port only."""
    if server not in _CHECKS:
        raise NotImplementedError(
            f"{server} has no health check for Compose; add the command that its image can run "
            "to rendering/compose_stores.py"
        )
    return [part.format(port=port) for part in _CHECKS[server]]
