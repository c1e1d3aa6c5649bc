"""What Staging went through in the last day, asked of its Prometheus (R-CHECK).

Errors are those that dashboards, alerts and canaries mean (0041): in the mesh every service's, and
before there is one the gateway's, as its door counts them (0063).
"""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from operations.refusal import RefusedError
from settings import names, signals

HOURS = 24
_SECONDS = 30
_PRODUCT = f'namespace="{names.APPLICATION_NAMESPACE}"'
_PODS = f"count(kube_pod_info{{{_PRODUCT}}})"
QUESTIONS: Mapping[str, str] = {
    "errors": signals.error_ratio_in(HOURS * 3600, ""),
    "restarts": f"sum(increase(kube_pod_container_status_restarts_total{{{_PRODUCT}}}[{HOURS}h]))",
    # A minute's step: how much of the day somebody looked at all.
    "seen": f"avg_over_time(({_PODS} > bool 0)[{HOURS}h:1m])",
    "covered": f"count_over_time(({_PODS})[{HOURS}h:1m])",
    "images": (
        f'last_over_time(kube_pod_container_info{{{_PRODUCT},container!="istio-proxy"}}[{HOURS}h])'
    ),
}
"""What is asked, by what it is for."""


class StabilityError(RefusedError):
    """Prometheus does not answer, or has no such figures: nothing was seen to be stable."""


def seen(address: str) -> dict[str, Any]:
    """Error rate, restarts, covered time and the versions that ran."""
    figures = {name: _one(address, expr) for name, expr in QUESTIONS.items() if name != "images"}
    covered = figures.pop("covered") / (HOURS * 60)
    found: dict[str, Any] = {**figures, "seen": min(figures["seen"], covered)}
    images = {str(each["metric"].get("image", "")) for each in _ask(address, QUESTIONS["images"])}
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
