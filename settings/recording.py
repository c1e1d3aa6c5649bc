"""The recording rules: how the shared series of `signals` are counted from what the mesh tells.

Counted is what each pod's own proxy saw, and what no pod could be reached for. The mesh's series
are read here and nowhere else.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from settings import names, signals, signals_door


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One recording rule."""

    record: str
    expr: str


def rules(window_seconds: int = signals.WINDOW_SECONDS, *, meshed: bool = True) -> tuple[Rule, ...]:
    """Every rule, those first that others read. Tests in seconds take a shorter window."""
    return (
        *(_of_the_mesh if meshed else _at_the_door)(window_seconds),
        Rule(record=signals.CRASHES, expr=_crashes()),
        Rule(record=signals.ERROR_RATIO, expr=_ratio("service")),
        Rule(record=signals.VERSION_ERROR_RATIO, expr=_ratio("service, version, hash")),
        *_quantile_rules(),
    )


def _of_the_mesh(window: int) -> Iterator[Rule]:
    yield Rule(record=signals.REQUESTS, expr=_requests(window))
    yield Rule(record=signals.ERRORS, expr=f"{_errors(window)} or {_NO_ERRORS}")
    yield Rule(record=signals.BUCKETS, expr=_buckets(window))
    yield Rule(record=signals.RESPONSES, expr=_responses(window))
    yield Rule(record=signals.CONNECTIONS, expr=_connections())
    yield from _since_start()


def _at_the_door(window: int) -> Iterator[Rule]:
    """Before there is a mesh: no versions, and so nothing of one since its start."""
    yield Rule(record=signals.REQUESTS, expr=signals_door.requests(window))
    yield Rule(record=signals.ERRORS, expr=f"{signals_door.errors(window)} or {_NO_ERRORS}")
    yield Rule(record=signals.BUCKETS, expr=signals_door.buckets(window))
    yield Rule(record=signals.RESPONSES, expr=signals_door.responses(window))
    yield Rule(record=signals.CONNECTIONS, expr=signals_door.connections())


def _connections() -> str:
    found = 'envoy_http_downstream_cx_active{http_conn_manager_prefix=~"inbound.*"}'
    return f'sum by (service) (label_replace({found}, "service", "$1", "pod", "{_POD}"))'


def _requests(window: int) -> str:
    reached = _by_version(_answered("istio_requests_total", "", window))
    return f"{reached} or {_by_service(_unreached(window))}"


def _errors(window: int) -> str:
    told, grpc = (_answered("istio_requests_total", each, window) for each in _FAILED)
    reached = _by_version(f"({told} or {grpc})")
    return f"{reached} or {_by_service(_unreached(window))}"


def _since_start() -> Iterator[Rule]:
    # Of pods whose template has a hash alone: nobody judges the others by it.
    hashed = f'{_HASH_LABEL}!=""'
    told, grpc = (_series("istio_requests_total", f"{hashed},{each}") for each in _FAILED)
    none = f"sum by (service, hash) ({signals.REQUESTS_TOTAL}) * 0"
    requests = _by_hash(_series("istio_requests_total", hashed))
    yield Rule(record=signals.REQUESTS_TOTAL, expr=requests)
    yield Rule(record=signals.ERRORS_TOTAL, expr=f"{_by_hash(f'({told} or {grpc})')} or {none}")
    buckets = _series("istio_request_duration_milliseconds_bucket", hashed)
    yield Rule(record=signals.BUCKETS_TOTAL, expr=_by_hash(buckets, "le"))


def _buckets(window: int) -> str:
    return _by_version(_answered("istio_request_duration_milliseconds_bucket", "", window), "le")


def _responses(window: int) -> str:
    found = f"{_answered('istio_requests_total', '', window)} or {_unreached(window)}"
    for source in ("destination_service_name", "destination_workload"):
        found = f'label_replace({found}, "service", "$1", "{source}", "(.+)")'
    return f"sum by (service, response_code, grpc_response_status) ({found})"


def _answered(series: str, more: str, window: int) -> str:
    return f"rate({_series(series, more)}[{window}s])"


def _series(series: str, more: str) -> str:
    where = f'reporter="destination",destination_workload_namespace="{_SPACE}"'
    return f"{series}{{{','.join(filter(None, (where, more)))}}}"


def _unreached(window: int) -> str:
    flags = "|".join(signals.UNREACHED_FLAGS)
    where = f'reporter="source",destination_service_namespace="{_SPACE}"'
    return f'rate(istio_requests_total{{{where},response_flags=~".*({flags}).*"}}[{window}s])'


def _by_version(found: str, *more: str) -> str:
    for label, source in (
        ("service", "destination_workload"),
        ("version", "destination_canonical_revision"),
        ("hash", _HASH_LABEL),
    ):
        found = f'label_replace({found}, "{label}", "$1", "{source}", "(.+)")'
    return f"sum by ({', '.join(('service', 'version', 'hash', *more))}) ({found})"


def _by_hash(found: str, *more: str) -> str:
    for label, source in (("service", "destination_workload"), ("hash", _HASH_LABEL)):
        found = f'label_replace({found}, "{label}", "$1", "{source}", "(.+)")'
    return f"sum by ({', '.join(('service', 'hash', *more))}) ({found})"


def _by_service(found: str) -> str:
    found = f'label_replace({found}, "service", "$1", "destination_service_name", "(.+)")'
    for label in ("version", "hash"):
        found = f'label_replace({found}, "{label}", "{signals.UNREACHED}", "", "")'
    return f"sum by (service, version, hash) ({found})"


def _crashes() -> str:
    # A pod is <service>-<hash>-<five characters>. The absolute count, since the first scrape of a
    # pod that crashed already would be no increase. The proxy is not the service.
    where = f'namespace="{_SPACE}",container!="{_PROXY}"'
    found = f"kube_pod_container_status_restarts_total{{{where}}}"
    for label, group in (("service", "$1"), ("hash", "$2")):
        found = f'label_replace({found}, "{label}", "{group}", "pod", "{_POD}")'
    return f"sum by (service, hash) ({found})"


def _ratio(by: str) -> str:
    return f"sum by ({by}) ({signals.ERRORS}) / (sum by ({by}) ({signals.REQUESTS}) > 0)"


def _quantile_rules() -> Iterator[Rule]:
    for name, quantile in signals.QUANTILES.items():
        for record, by in (
            (signals.latency(name), "service"),
            (signals.version_latency(name), "service, version, hash"),
        ):
            found = f"histogram_quantile({quantile}, sum by ({by}, le) ({signals.BUCKETS}))"
            yield Rule(record=record, expr=f"{found} >= 0")


_SPACE = names.APPLICATION_NAMESPACE
_POD = "(.+)-([a-z0-9]+)-[a-z0-9]{5}"
# A service without errors has none. Summed: recorded series may say where they are from.
_NO_ERRORS = f"sum by (service, version, hash) ({signals.REQUESTS}) * 0"
_HASH_LABEL = signals.HASH_SOURCE.replace("-", "_")
# Failed by HTTP, or by gRPC alone.
_FAILED = (
    'response_code=~"5.."',
    f'response_code!~"5..",grpc_response_status=~"{"|".join(map(str, signals.GRPC_ERRORS))}"',
)
_PROXY = "istio-proxy"
