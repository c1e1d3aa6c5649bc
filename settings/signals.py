"""What «requests», «error rate» and «latency» mean: one definition for whoever asks.

Dashboards, alerts and canaries read the series that are recorded here and no others, so that none
can disagree with another. The services export neither a status code nor a histogram (OBS-01,
OBS-02). The source is the mesh and, before there is one, the door to the gateway (`signals_door`).
In the mesh counted is every request that a pod of a service answered, as the pod's own proxy saw it
(a retry that hides a failure from the caller hides it from nobody here), and every one that no pod
could be reached for. Health probes never pass the mesh (OBS-03).
"""

SCRAPE_SECONDS = 5
"""How often the proxies and kube-state-metrics are read."""
EVALUATION_SECONDS = 5
"""How often the rules record; `…_in` below counts with it."""
WINDOW_SECONDS = 20
"""Over how long a rate is taken: four scrapes. A new version that fails shows after two."""

HASH_SOURCE = "rollouts-pod-template-hash"
"""The pod label that a scrape must hand over (`podTargetLabels`): which version a pod is of."""
BUCKETS_MS = (
    1, 5, 10, 25, 50, 75, 100, 150, 200, 250, 350, 500, 750, 1000, 2500, 5000, 10000, 30000, 60000,
)  # fmt: skip
"""The histogram's edges. Every threshold in use (200, 500, 1000) is one, so that a quantile is over
it exactly when too many requests took longer; the mesh's own edges have no 200."""

REQUESTS = "manpasik:requests:rate"
"""Requests a second, by service, version (the image's tag) and hash (of the pod template)."""
ERRORS = "manpasik:errors:rate"
"""Those that failed by the server's fault: 5xx, or the gRPC statuses that stand for one."""
BUCKETS = "manpasik:latency_bucket:rate"
"""Those that took at most `le` milliseconds, by service, version, hash and le."""
RESPONSES = "manpasik:responses:rate"
"""Requests a second by service, HTTP code and gRPC status, counted or not as an error."""
CONNECTIONS = "manpasik:connections:active"
"""Open connections by service."""
ERROR_RATIO = "manpasik:error_ratio"
"""Errors in requests, 0 to 1, by service; absent where nobody asks anything."""
VERSION_ERROR_RATIO = "manpasik:version_error_ratio"
"""The same by service, version and hash."""
REQUESTS_TOTAL = "manpasik:requests:total"
"""Requests that the pods of one template answered since they started, by service and hash. Counters
as they stand: no rate, so one scrape of a new version is enough, and its first errors count."""
ERRORS_TOTAL = "manpasik:errors:total"
"""Those of them that failed."""
BUCKETS_TOTAL = "manpasik:latency_bucket:total"
"""Those of them that took at most `le` milliseconds, by service, hash and le."""
CRASHES = "manpasik:crashes:total"
"""Restarts of a service's own container over all pods of one template, by service and hash."""
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

# Google's mapping of gRPC statuses to HTTP: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL,
# UNAVAILABLE, DATA_LOSS are 5xx. RESOURCE_EXHAUSTED is 429, and CANCELLED is the caller's.
GRPC_ERRORS = (2, 4, 12, 13, 14, 15)
# The proxy found no pod that took the request: no connection, no healthy one, no route, too many.
UNREACHED_FLAGS = ("UF", "UH", "UO", "NR", "NC")
UNREACHED = "none"
"""Version and hash of requests that reached no pod."""


def latency(quantile: str) -> str:
    """The recorded series of a quantile in milliseconds, by service: `p50`, `p95` or `p99`."""
    return f"manpasik:latency_{quantile}_ms"


def version_latency(quantile: str) -> str:
    """The same by service, version and hash."""
    return f"manpasik:version_latency_{quantile}_ms"


def of(service: str, **labels: str) -> str:
    """The label matchers of one service, and of one `hash` or `version` of it where given."""
    return ",".join(f'{key}="{value}"' for key, value in {"service": service, **labels}.items())


def requests_in(seconds: int, matchers: str) -> str:
    """How many requests in the last seconds: «samples»."""
    return _counted(REQUESTS, seconds, matchers)


def errors_in(seconds: int, matchers: str) -> str:
    """How many errors in the last seconds."""
    return _counted(ERRORS, seconds, matchers)


def error_ratio_in(seconds: int, matchers: str) -> str:
    """Errors in requests over the last seconds; empty without requests, never NaN."""
    requests = requests_in(seconds, matchers)
    return f"{errors_in(seconds, matchers)} / ({requests} > 0)"


def latency_in(quantile: str, seconds: int, matchers: str) -> str:
    """A quantile in milliseconds over the last seconds; empty without requests."""
    over = f"sum by (le) (sum_over_time({BUCKETS}{{{matchers}}}[{seconds}s]))"
    found = f"histogram_quantile({QUANTILES[quantile]}, {over})"
    return f"{found} and ({requests_in(seconds, matchers)} > 0)"


def slower_in(seconds: int, limit_ms: float, matchers: str) -> str:
    """How many took longer than a limit in the last seconds."""
    within = _counted(BUCKETS, seconds, _within(limit_ms, matchers))
    return f"({requests_in(seconds, matchers)} - {within})"


def newest(series: str, seconds: int) -> str:
    """When it was last recorded of anybody, in seconds since 1970; empty beyond the last ones.

    Looked at for each second: coarser looks are at fixed times, and would add their own age.
    """
    return f"max(max_over_time(timestamp({series})[{seconds}s:1s]))"


def since_start(series: str, matchers: str) -> str:
    """A total of one version, since its pods started."""
    return f"sum({series}{{{matchers}}})"


def latency_since_start(quantile: str, matchers: str) -> str:
    """A quantile in milliseconds of all that a version answered; empty without requests."""
    over = f"sum by (le) ({BUCKETS_TOTAL}{{{matchers}}})"
    requests = since_start(REQUESTS_TOTAL, matchers)
    return f"histogram_quantile({QUANTILES[quantile]}, {over}) and ({requests} > 0)"


def slower_since_start(limit_ms: float, matchers: str) -> str:
    """How many took longer than a limit, or than the histogram's next edge above it."""
    within = f"sum({BUCKETS_TOTAL}{{{_within(limit_ms, matchers)}}})"
    return f"({since_start(REQUESTS_TOTAL, matchers)} - {within})"


def _within(limit_ms: float, matchers: str) -> str:
    edge = next((each for each in BUCKETS_MS if each >= limit_ms), BUCKETS_MS[-1])
    # An edge is written 1000 or 1000.0.
    return f'{matchers},le=~"{edge}([.]0)?"'


def _counted(series: str, seconds: int, matchers: str) -> str:
    # A rate that is recorded every few seconds stands for that many seconds.
    return f"sum(sum_over_time({series}{{{matchers}}}[{seconds}s])) * {EVALUATION_SECONDS}"
