"""What the mesh's objects mean to Envoy, as istiod would tell it: clusters, routes, endpoints.

Pure: from objects as the API server holds them to Envoy's resources. It knows what this product's
objects say and refuses nothing else silently: a match that it does not know sends no request.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drill.watching import Object
from settings import names

TYPE = "type.googleapis.com/"
# Istio's own, where a route says nothing (meshConfig.defaultHttpRetryPolicy).
DEFAULT_RETRIES = {
    "attempts": 2,
    "retryOn": "connect-failure,refused-stream,unavailable,cancelled",
}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_HTTP2 = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_PLENTY = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """The objects that say where requests go."""

    services: Sequence[Object]
    virtual_services: Sequence[Object]
    destination_rules: Sequence[Object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A pod that may be sent requests, and where its stand-in listens."""

    service: str
    port: int
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """A cluster of Envoy: a service, or those of its pods that wear a subset's labels."""

    service: str
    subset: str
    labels: Mapping[str, str]
    policy: Mapping[str, Any]
    http2: bool

    @property
    def cluster(self) -> str:
        """Its name in Envoy."""
        return cluster_name(self.service, self.subset)


def cluster_name(service: str, subset: str = "") -> str:
    """The cluster of a service's subset; of all its pods without one."""
    return f"{service}|{subset}"


def service_of(host: str) -> str:
    """The Service behind a destination's host, short or whole."""
    return host.partition(".")[0]


def destinations(of: Configuration) -> list[Destination]:
    """Every cluster: one for each Service, and one for each subset of it."""
    rules = {service_of(rule["spec"]["host"]): rule["spec"] for rule in of.destination_rules}
    found: list[Destination] = []
    for service in of.services:
        name, rule = service["metadata"]["name"], rules.get(service["metadata"]["name"], {})
        subsets: list[Any] = [{"name": "", "labels": {}}, *rule.get("subsets", ())]
        found += [
            Destination(
                service=name,
                subset=each["name"],
                labels=each.get("labels", {}),
                policy=each.get("trafficPolicy") or rule.get("trafficPolicy") or {},
                http2=_speaks_http2(service),
            )
            for each in subsets
        ]
    return found


def _speaks_http2(service: Object) -> bool:
    ports: list[Mapping[str, Any]] = service["spec"].get("ports") or [{}]
    return str(ports[0].get("appProtocol", "")) in ("grpc", "kubernetes.io/h2c")


def cluster(of: Destination, eds_file: str) -> dict[str, Any]:
    """A cluster whose endpoints stand in a file."""
    made: dict[str, Any] = {
        "@type": f"{TYPE}envoy.config.cluster.v3.Cluster",
        "name": of.cluster,
        "type": "EDS",
        "eds_cluster_config": {
            "eds_config": {
                "path_config_source": {"path": eds_file},
                "resource_api_version": "V3",
            }
        },
        "connect_timeout": "1s",
        "lb_policy": "LEAST_REQUEST",
        "common_lb_config": {"healthy_panic_threshold": {"value": _healthy(of.policy)}},
        "circuit_breakers": {"thresholds": [_thresholds()]},
    }
    if detection := of.policy.get("outlierDetection"):
        made["outlier_detection"] = _outliers(detection)
    if of.http2:
        options: dict[str, Any] = {
            "@type": f"{TYPE}{_HTTP2}",
            "explicit_http_config": {"http2_protocol_options": {}},
        }
        made["typed_extension_protocol_options"] = {_HTTP2: options}
    return made


def _healthy(policy: Mapping[str, Any]) -> int:
    """Below which part of healthy pods all are asked again; Istio's 0 is never."""
    return policy.get("outlierDetection", {}).get("minHealthPercent", 0)


def _thresholds() -> dict[str, int]:
    kinds = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    return dict.fromkeys(kinds, _PLENTY)


def _outliers(detection: Mapping[str, Any]) -> dict[str, Any]:
    consecutive = {
        "consecutive_5xx": detection.get("consecutive5xxErrors", 5),
        "consecutive_gateway_failure": detection.get("consecutiveGatewayErrors", 0),
        "enforcing_consecutive_gateway_failure": 100
        if detection.get("consecutiveGatewayErrors")
        else 0,
    }
    return {
        **consecutive,
        "enforcing_success_rate": 0,
        "interval": duration(detection.get("interval", "10s")),
        "base_ejection_time": duration(detection.get("baseEjectionTime", "30s")),
        "max_ejection_percent": detection.get("maxEjectionPercent", 10),
    }


def assignment(of: Destination, endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The endpoints of a cluster: the service's pods that wear the subset's labels."""
    ports = sorted(
        each.port
        for each in endpoints
        if each.service == of.service and of.labels.items() <= each.labels.items()
    )
    return {
        "@type": f"{TYPE}envoy.config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": of.cluster,
        "endpoints": [{"lb_endpoints": [{"endpoint": _address(port)} for port in ports]}],
    }


def _address(port: int) -> dict[str, Any]:
    return {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}


def routes(of: Configuration) -> dict[str, Any]:
    """Every host: what the VirtualServices say of it, else the Service of that name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(of.virtual_services, key=lambda each: each["metadata"]["name"]):
        made = [route for http in each["spec"].get("http", ()) for route in _routes(http)]
        for domain in dict.fromkeys(d for host in each["spec"]["hosts"] for d in _domains(host)):
            found.setdefault(domain, []).extend(made)
    for service in of.services:
        plain = {"route": [{"destination": {"host": service["metadata"]["name"]}}]}
        for domain in _domains(service["metadata"]["name"]):
            found.setdefault(domain, list(_routes(plain)))
    return {
        "@type": f"{TYPE}envoy.config.route.v3.RouteConfiguration",
        "name": "mesh",
        "virtual_hosts": [
            {"name": domain, "domains": [domain], "routes": made}
            for domain, made in sorted(found.items())
        ],
    }


def _domains(host: str) -> list[str]:
    """A Service's host by its short and its whole name; any other as it is."""
    short = service_of(host)
    whole = names.host(short, names.APPLICATION_NAMESPACE)
    return [short, whole] if host in (short, whole) else [host]


def _routes(http: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "route" not in http:
        return  # a redirect, of the port that the drill does not open
    weighted = [
        {"name": _target(each["destination"]), "weight": each.get("weight", 100)}
        for each in http["route"]
        if each.get("weight", 100)
    ]
    action: dict[str, Any] = {
        "weighted_clusters": {"clusters": weighted},
        "timeout": duration(http.get("timeout", "0s")),
    }
    retries = http.get("retries") or DEFAULT_RETRIES
    if retries.get("attempts", 2):
        action["retry_policy"] = _retries(retries)
    matches: list[Mapping[str, Any]] = http.get("match") or [{}]
    yield from ({"match": _match(each), "route": action} for each in matches if _known(each))


def _known(match: Mapping[str, Any]) -> bool:
    return not match.keys() - {"uri", "name", "port", "gateways"}


def _match(match: Mapping[str, Any]) -> dict[str, Any]:
    uri: Mapping[str, str] = match.get("uri") or {"prefix": "/"}
    if "exact" in uri:
        return {"path": uri["exact"]}
    if "regex" in uri:
        return {"safe_regex": {"regex": uri["regex"]}}
    return {"prefix": uri["prefix"]}


def _target(destination: Mapping[str, Any]) -> str:
    return cluster_name(service_of(destination["host"]), destination.get("subset", ""))


def _retries(retries: Mapping[str, Any]) -> dict[str, Any]:
    previous = "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
    policy: dict[str, Any] = {
        "retry_on": retries.get("retryOn", DEFAULT_RETRIES["retryOn"]),
        "num_retries": retries.get("attempts", 2),
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": TYPE + previous},
            }
        ],
        "host_selection_retry_max_attempts": 5,
    }
    if "perTryTimeout" in retries:
        policy["per_try_timeout"] = duration(retries["perTryTimeout"])
    return policy


def duration(text: str) -> str:
    """Istio's `500ms` or `1m` as Envoy writes it, in seconds."""
    unit = next(unit for unit in ("ms", "s", "m", "h") if text.endswith(unit))
    return f"{float(text.removesuffix(unit)) * _UNITS[unit]:g}s"


def weight_of(of: Configuration, service: str, template: str) -> int:
    """What part of a service's requests goes to the pods of one template, in per cent."""
    labels = {each.subset: each.labels.values() for each in destinations(of)}
    return sum(
        weight
        for subset, weight in weights(of, service).items()
        if template in labels.get(subset, ())
    )


def weights(of: Configuration, service: str) -> dict[str, int]:
    """What part of a service's requests its routes send to each subset, in per cent."""
    for each in of.virtual_services:
        for http in each["spec"].get("http", ()):
            targets = [route["destination"] for route in http.get("route", ())]
            if service in {service_of(target["host"]) for target in targets}:
                return {
                    route["destination"].get("subset")
                    or service_of(route["destination"]["host"]): route.get("weight", 100)
                    for route in http["route"]
                }
    return {}
