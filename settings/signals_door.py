"""Requests as ingress-nginx counts them: what settings/signals.py records before there is a mesh.

It stands before the gateway alone and knows no versions, so the series tell of the gateway and of
all its versions at once; of the other services nothing counts status codes or times (OBS-01,
OBS-02). An answer that no pod of the gateway could give is a 503 of its own, and so an error. Times
hold what the caller's line takes.
"""

from settings import names

SERVICE = "gateway"
"""Which service these requests are for."""
VERSIONS = "all"
"""Version and hash of every request: the door does not see them."""
JOB = f"{names.MONITORING_NAMESPACE}/{names.application('door')}"
"""The job that the operator gives this program's own monitor of ingress-nginx. Whoever runs the
controller may scrape it too; nothing is counted twice."""
PORT = "metrics"
"""The container port of ingress-nginx's metrics, 10254, there where they are switched on."""
EDGES_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Its histogram's edges: 500 ms of R-ALERT-4 is one."""
READ = (
    "nginx_ingress_controller_requests",
    "nginx_ingress_controller_request_duration_seconds_bucket",
    "nginx_ingress_controller_nginx_process_connections",
)
"""Its metrics that are read."""
_REQUESTS, _BUCKET, _CONNECTIONS = READ
_WHERE = f'job="{JOB}",namespace="{names.APPLICATION_NAMESPACE}",service="{SERVICE}"'


def requests(window: int) -> str:
    """Requests a second."""
    return _of_all(f"sum by (service) (rate({_REQUESTS}{{{_WHERE}}}[{window}s]))")


def errors(window: int) -> str:
    """Those that were answered with 5xx."""
    return _of_all(f'sum by (service) (rate({_REQUESTS}{{{_WHERE},status=~"5.."}}[{window}s]))')


def buckets(window: int) -> str:
    """Those that took at most `le`: its seconds as the milliseconds that are recorded."""
    edges = [(f"{1000 * edge:g}", _edge(edge)) for edge in EDGES_SECONDS]
    return " or ".join(_bucket(*each, window) for each in (*edges, ("+Inf", 'le="+Inf"')))


def responses(window: int) -> str:
    """Requests a second by HTTP code; of gRPC statuses the door sees none."""
    found = f"rate({_REQUESTS}{{{_WHERE}}}[{window}s])"
    told = f'label_replace({found}, "response_code", "$1", "status", "(.+)")'
    return f"sum by (service, response_code) ({told})"


def connections() -> str:
    """Open at the door, whoever they are for."""
    found = f'sum({_CONNECTIONS}{{job="{JOB}",state="active"}})'
    return f'label_replace({found}, "service", "{SERVICE}", "", "")'


def _bucket(milliseconds: str, edge: str, window: int) -> str:
    found = f"sum by (service) (rate({_BUCKET}{{{_WHERE},{edge}}}[{window}s]))"
    return _of_all(f'label_replace({found}, "le", "{milliseconds}", "", "")')


def _edge(seconds: float) -> str:
    """Prometheus writes the edge 1 as 1.0 since version 3."""
    told = f"{seconds:g}".replace(".", "[.]")
    return f'le=~"{told}([.]0)?"'


def _of_all(found: str) -> str:
    for label in ("version", "hash"):
        found = f'label_replace({found}, "{label}", "{VERSIONS}", "", "")'
    return found
