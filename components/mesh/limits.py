"""How many requests one address may make at the mesh's gateway, where no firewall stands before it.

Amazon's firewall guards a CDN or an application balancer; a region there is entered by a network
balancer, which keeps the caller's address and changes in no switch of colours (C-6, D-8). So the
gateway itself counts. Each of its pods counts for itself: an address has the limit on each.
"""

from components.mesh.resources import Spec

WINDOW_SECONDS = 300
MOST_ADDRESSES = 100000
"""So many are counted at a time; the longest silent one is forgotten first."""
_TYPES = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3"
_EVERYTHING = 1000000
"""What a pod takes of all addresses together: more than it can serve."""
_ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}


def limit(requests: int) -> Spec:
    """An EnvoyFilter's spec: so many requests of one address in five minutes, then 429."""
    listener = {
        "context": "GATEWAY",
        "listener": {
            "filterChain": {
                "filter": {
                    "name": "envoy.filters.network.http_connection_manager",
                    "subFilter": {"name": "envoy.filters.http.router"},
                }
            }
        },
    }
    patch = {"operation": "INSERT_BEFORE", "value": http_filter(requests)}
    return {
        "workloadSelector": {"labels": {"istio": "ingress"}},
        "configPatches": [{"applyTo": "HTTP_FILTER", "match": listener, "patch": patch}],
    }


def http_filter(requests: int) -> Spec:
    """Envoy's own filter, which counts each address by itself."""
    return {
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": f"{_TYPES}.LocalRateLimit",
            "stat_prefix": "address",
            "token_bucket": _bucket(_EVERYTHING, 1),
            "filter_enabled": _ALWAYS,
            "filter_enforced": _ALWAYS,
            "max_dynamic_descriptors": MOST_ADDRESSES,
            "rate_limits": [{"actions": [{"remote_address": {}}]}],
            "descriptors": [
                {
                    # Without a value: one bucket for each.
                    "entries": [{"key": "remote_address"}],
                    "token_bucket": _bucket(requests, WINDOW_SECONDS),
                }
            ],
        },
    }


def _bucket(tokens: int, seconds: int) -> Spec:
    return {
        "max_tokens": tokens,
        "tokens_per_fill": tokens,
        "fill_interval": f"{seconds}s",
    }
