"""How the web app is served, whichever cloud's CDN does it (R-P4-CDN).

What has a digest in its name is kept for a year. The app itself, `index.html` and the service
worker, is asked for anew each time: kept, it would hold people on an old version. No answer of the
API is kept anywhere (RES-08).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from settings.front import Behaviour, Edge

INDEX = "/index.html"
NEVER = "no-cache"
HSTS_SECONDS = 2 * 365 * 24 * 60 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Paths:
    """Some paths, and how the CDN treats them."""

    pattern: str
    behaviour: Behaviour


def paths(edge: Edge) -> list[Paths]:
    """The longest pattern first: CDNs take the first that fits."""
    found = sorted(edge.behaviours.items(), key=lambda entry: (-len(entry[0]), entry[0]))
    return [Paths(pattern=pattern, behaviour=behaviour) for pattern, behaviour in found]


def cache_control(seconds: int) -> str:
    """What a browser is told."""
    return f"public, max-age={seconds}, immutable" if seconds else NEVER


def content_security_policy(api: str) -> str:
    """What the app may load, and whom it may call: itself and its market's API.

    Flutter compiles WebAssembly and sets styles in the page.
    """
    rules = {
        "default-src": "'self'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self' https://{api} wss://{api}",
        "worker-src": "'self' blob:",
        "frame-ancestors": "'none'",
        "base-uri": "'self'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def security_headers(api: str) -> Mapping[str, str]:
    """The headers of every answer."""
    return {
        "Strict-Transport-Security": f"max-age={HSTS_SECONDS}; includeSubDomains",
        "Content-Security-Policy": content_security_policy(api),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
