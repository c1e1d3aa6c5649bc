"""What «requests», «error rate» and «latency» mean: one definition for whoever asks.

Dashboards, alerts and canaries read the series that are recorded here and no others, so that none
can disagree with another. The source is the mesh: the services export neither a status code nor a
histogram (OBS-01, OBS-02). Counted is every request that a pod of a service answered, as the pod's
own proxy saw it (a retry that hides a failure from the caller hides it from nobody here), and every
one that no pod could be reached for. Health probes never pass the mesh (OBS-03).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from settings import names

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
ERROR_RATIO = "manpasik:error_ratio"
"""Errors in requests, 0 to 1, by service; absent where nobody asks anything."""
VERSION_ERROR_RATIO = "manpasik:version_error_ratio"
"""The same by service, version and hash."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One recording rule."""

    record: str
    expr: str


def latency(quantile: str) -> str:
    """The recorded series of a quantile in milliseconds, by service: `p50`, `p95` or `p99`."""
    return f"manpasik:latency_{quantile}_ms"


def version_latency(quantile: str) -> str:
    """The same by service, version and hash."""
    return f"manpasik:version_latency_{quantile}_ms"


def recording_rules(window_seconds: int = WINDOW_SECONDS) -> tuple[Rule, ...]:
    """Every rule, those first that others read. Tests in seconds take a shorter window."""
    return (
        Rule(record=REQUESTS, expr=_requests(window_seconds)),
        Rule(record=ERRORS, expr=_errors(window_seconds)),
        Rule(record=BUCKETS, expr=_buckets(window_seconds)),
        Rule(record=RESPONSES, expr=_responses(window_seconds)),
        Rule(record=CRASHES, expr=_crashes()),
        Rule(record=ERROR_RATIO, expr=_ratio("service")),
        Rule(record=VERSION_ERROR_RATIO, expr=_ratio("service, version, hash")),
        *_quantile_rules(),
    )


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


def _counted(series: str, seconds: int, matchers: str) -> str:
    # A rate that is recorded every few seconds stands for that many seconds.
    return f"sum(sum_over_time({series}{{{matchers}}}[{seconds}s])) * {EVALUATION_SECONDS}"


def _requests(window: int) -> str:
    reached = _by_version(_answered("istio_requests_total", "", window))
    return f"{reached} or {_by_service(_unreached(window))}"


def _errors(window: int) -> str:
    statuses = "|".join(map(str, GRPC_ERRORS))
    told = _answered("istio_requests_total", 'response_code=~"5.."', window)
    grpc = f'response_code!~"5..",grpc_response_status=~"{statuses}"'
    reached = _by_version(f"({told} or {_answered('istio_requests_total', grpc, window)})")
    # A service without errors has none. Summed: recorded series may say where they are from.
    none = f"sum by (service, version, hash) ({REQUESTS}) * 0"
    return f"{reached} or {_by_service(_unreached(window))} or {none}"


def _buckets(window: int) -> str:
    return _by_version(_answered("istio_request_duration_milliseconds_bucket", "", window), "le")


def _responses(window: int) -> str:
    found = f"{_answered('istio_requests_total', '', window)} or {_unreached(window)}"
    for source in ("destination_service_name", "destination_workload"):
        found = f'label_replace({found}, "service", "$1", "{source}", "(.+)")'
    return f"sum by (service, response_code, grpc_response_status) ({found})"


def _answered(series: str, more: str, window: int) -> str:
    where = f'reporter="destination",destination_workload_namespace="{_SPACE}"'
    return f"rate({series}{{{','.join(filter(None, (where, more)))}}}[{window}s])"


def _unreached(window: int) -> str:
    flags = "|".join(UNREACHED_FLAGS)
    where = f'reporter="source",destination_service_namespace="{_SPACE}"'
    return f'rate(istio_requests_total{{{where},response_flags=~".*({flags}).*"}}[{window}s])'


def _by_version(found: str, *more: str) -> str:
    for label, source in (
        ("service", "destination_workload"),
        ("version", "destination_canonical_revision"),
        ("hash", HASH_SOURCE.replace("-", "_")),
    ):
        found = f'label_replace({found}, "{label}", "$1", "{source}", "(.+)")'
    return f"sum by ({', '.join(('service', 'version', 'hash', *more))}) ({found})"


def _by_service(found: str) -> str:
    found = f'label_replace({found}, "service", "$1", "destination_service_name", "(.+)")'
    for label in ("version", "hash"):
        found = f'label_replace({found}, "{label}", "{UNREACHED}", "", "")'
    return f"sum by (service, version, hash) ({found})"


def _crashes() -> str:
    # A pod is <service>-<hash>-<five characters>. The absolute count, since the first scrape of a
    # pod that crashed already would be no increase. The proxy is not the service.
    where = f'namespace="{_SPACE}",container!="{_PROXY}"'
    found = f"kube_pod_container_status_restarts_total{{{where}}}"
    pod = "(.+)-([a-z0-9]+)-[a-z0-9]{5}"
    for label, group in (("service", "$1"), ("hash", "$2")):
        found = f'label_replace({found}, "{label}", "{group}", "pod", "{pod}")'
    return f"sum by (service, hash) ({found})"


def _ratio(by: str) -> str:
    return f"sum by ({by}) ({ERRORS}) / (sum by ({by}) ({REQUESTS}) > 0)"


def _quantile_rules() -> Iterator[Rule]:
    for name, quantile in QUANTILES.items():
        for record, by in (
            (latency(name), "service"),
            (version_latency(name), "service, version, hash"),
        ):
            found = f"histogram_quantile({quantile}, sum by ({by}, le) ({BUCKETS}))"
            yield Rule(record=record, expr=f"{found} >= 0")


_SPACE = names.APPLICATION_NAMESPACE
_PROXY = "istio-proxy"
