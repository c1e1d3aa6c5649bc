"""What Staging went through in the last day, asked of its Prometheus (R-CHECK)."""

import json
import urllib.request
from typing import Any
from urllib.parse import urlencode

from operations.refusal import RefusedError
from settings import names

HOURS = 24
_SECONDS = 30
_PRODUCT = f'namespace="{names.APPLICATION_NAMESPACE}"'
_REQUESTS = f'istio_requests_total{{reporter="destination",destination_workload_{_PRODUCT}'
_QUERIES = {
    "errors": f'sum(increase({_REQUESTS},response_code=~"5.."}}[{HOURS}h])) / '
    f"sum(increase({_REQUESTS}}}[{HOURS}h]))",
    "restarts": f"sum(increase(kube_pod_container_status_restarts_total{{{_PRODUCT}}}[{HOURS}h]))",
    # A minute's step: how much of the day somebody looked at all.
    "seen": f"avg_over_time((count(kube_pod_info{{{_PRODUCT}}}) > bool 0)[{HOURS}h:1m])",
}
_IMAGES = (
    f'last_over_time(kube_pod_container_info{{{_PRODUCT},container!="istio-proxy"}}[{HOURS}h])'
)


class StabilityError(RefusedError):
    """Prometheus does not answer, or has no such figures: nothing was seen to be stable."""


def seen(address: str) -> dict[str, Any]:
    """Error rate, restarts, covered time and the versions that ran."""
    found: dict[str, Any] = {name: _one(address, query) for name, query in _QUERIES.items()}
    covered = _one(address, f"count_over_time((count(kube_pod_info{{{_PRODUCT}}}))[{HOURS}h:1m])")
    found["seen"] = min(found["seen"], covered / (HOURS * 60))
    images = {str(each["metric"].get("image", "")) for each in _ask(address, _IMAGES)}
    versions = {image.rpartition(":")[2] for image in images if "ghcr.io/manpasik/" in image}
    return found | {"hours": HOURS, "versions": sorted(versions)}


def _one(address: str, query: str) -> float:
    found = _ask(address, query)
    if len(found) != 1:
        raise StabilityError(f"Prometheus has no figure for {query}")
    return float(found[0]["value"][1])


def _ask(address: str, query: str) -> list[Any]:
    if not address.startswith(("http://", "https://")):
        raise StabilityError(f"--prometheus {address}: name an address that begins with http")
    url = f"{address.rstrip('/')}/api/v1/query?{urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - held above
            return json.loads(answer.read())["data"]["result"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StabilityError(f"Prometheus at {address} cannot be asked ({error})") from None
