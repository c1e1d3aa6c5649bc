"""Istio's kinds, each spec from one typed function: only these know their shape.

Figures fit gRPC: a call of the gateway ends within a minute by its own limit (ING-05), a retry only
repeats what no pod has begun, and a version that fails is judged rather than hidden.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settings import names

Spec = dict[str, object]

CALL_SECONDS = 60
"""The gateway's own limit for a request; past it nobody waits for the answer (ING-05)."""
PUBLIC_SECONDS = 65
"""Longer than the gateway's own, so that it answers itself (ING-05)."""
RETRIES = 2
# Only what no pod has begun: repeating an `unavailable` would charge a card twice.
RETRY_ON = "connect-failure,refused-stream"
EJECT_AFTER_ERRORS = 5
EJECT_LOOK_SECONDS = 10
EJECT_SECONDS = 30
# Below half, nobody is ejected any more: a version of which every pod fails stays in traffic until
# the analysis stops it, with errors that carry its hash.
EJECT_NONE_BELOW_PERCENT = 50
CONNECT_SECONDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Public:
    """The public hosts of the one service that has some."""

    hosts: Sequence[str]
    port: int
    """Of the mesh's gateway: 443 with TLS, else 80."""


def gateway(hosts: Sequence[str], certificate: str | None) -> Spec:
    """The hosts at the edge: port 443 with a certificate, and port 80.

    Port 80 does not redirect by itself: the redirect would catch the challenge of ACME, and a
    certificate would never be issued. The route `redirect` leaves that path alone.
    """
    plain: Spec = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": [*hosts]}
    servers = [plain]
    if certificate:
        servers.append(
            {
                "port": {"number": 443, "name": "https", "protocol": "HTTPS"},
                "hosts": [*hosts],
                "tls": {
                    "mode": "SIMPLE",
                    "credentialName": certificate,
                    "minProtocolVersion": "TLSV1_2",
                },
            }
        )
    return {"selector": dict(names.MESH_SELECTOR), "servers": servers}


def redirect(hosts: Sequence[str]) -> Spec:
    """Plain HTTP is sent to TLS (ING-04), all but what begins with `/.well`.

    The solver of an ACME challenge answers under `/.well-known/acme-challenge/` on port 80, by a
    route that cert-manager makes; RE2 knows no «not», hence two alternatives.
    """
    return {
        "hosts": [*hosts],
        "gateways": [names.INGRESS],
        "http": [
            {
                "name": "to-https",
                "match": [{"port": 80, "uri": {"regex": NOT_WELL_KNOWN}}],
                "redirect": {"scheme": "https", "redirectCode": 308},
            }
        ],
    }


NOT_WELL_KNOWN = r"/|/[^.].*|/\.[^w].*"


def route(service: str, port: int, subsets: Sequence[str], public: Public | None) -> Spec:
    """The way to a service's pods; between two subsets the Rollouts controller moves the weights.

    It begins with everything on the first.
    """
    destinations: list[Spec] = [
        {"destination": {"host": service, "port": {"number": port}} | _subset(subset)}
        for subset in subsets or ("",)
    ]
    if len(destinations) > 1:
        for index, each in enumerate(destinations):
            each["weight"] = 0 if index else 100
    limit = f"{PUBLIC_SECONDS if public else CALL_SECONDS}s"
    retries = {"attempts": RETRIES, "perTryTimeout": limit, "retryOn": RETRY_ON}
    rule: Spec = {
        "name": names.ROUTE,
        "route": destinations,
        "timeout": limit,
        "retries": retries,
    }
    if public is None:
        return {"hosts": [service], "gateways": ["mesh"], "http": [rule]}
    rule["match"] = [
        {"gateways": [names.INGRESS], "port": public.port},
        {"gateways": ["mesh"]},
    ]
    return {
        "hosts": [*public.hosts, service],
        "gateways": [names.INGRESS, "mesh"],
        "http": [rule],
    }


def destination(service: str, subsets: Sequence[str]) -> Spec:
    """How its pods are reached: balanced per request (TRAF-01), failing ones left out for a while.

    A subset is the service's pods until the Rollouts controller adds a version's hash.
    """
    spec: Spec = {
        "host": service,
        "trafficPolicy": {
            "loadBalancer": {"simple": "LEAST_REQUEST"},
            "connectionPool": {"tcp": {"connectTimeout": f"{CONNECT_SECONDS}s"}},
            "outlierDetection": {
                "consecutiveGatewayErrors": EJECT_AFTER_ERRORS,
                "interval": f"{EJECT_LOOK_SECONDS}s",
                "baseEjectionTime": f"{EJECT_SECONDS}s",
                "minHealthPercent": EJECT_NONE_BELOW_PERCENT,
            },
        },
    }
    if subsets:
        spec["subsets"] = [
            {"name": subset, "labels": names.selector(service)} for subset in subsets
        ]
    return spec


def peers(*, strict: bool) -> Spec:
    """Who may talk to the pods of the namespace: only who is known, but while services move in."""
    return {"mtls": {"mode": "STRICT" if strict else "PERMISSIVE"}}


def nobody() -> Spec:
    """What no other policy allows is refused."""
    return {"action": "ALLOW"}


def callers(service: str, port: int, identities: Sequence[str]) -> Spec:
    """Exactly these may call a service, and on its own port only (TRAF-02)."""
    return {
        "selector": {"matchLabels": names.selector(service)},
        "action": "ALLOW",
        "rules": [
            {
                "from": [{"source": {"principals": sorted(identities)}}],
                "to": [{"operation": {"ports": [str(port)]}}],
            }
        ],
    }


def telemetry() -> Spec:
    """The metrics that `settings/signals.py` reads, less labels that nothing reads.

    Every label multiplies the series of each pod.
    """
    removed: Mapping[str, object] = {
        label: {"operation": "REMOVE"} for label in sorted(UNREAD_LABELS)
    }
    override = {"match": {"metric": "ALL_METRICS"}, "tagOverrides": dict(removed)}
    return {"metrics": [{"providers": [{"name": "prometheus"}], "overrides": [override]}]}


UNREAD_LABELS = (
    "connection_security_policy",
    "destination_app",
    "destination_principal",
    "destination_version",
    "source_app",
    "source_canonical_revision",
    "source_principal",
    "source_version",
)


def _subset(name: str) -> Spec:
    return {"subset": name} if name else {}
