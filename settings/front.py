"""The global stack of phase 4: its regions, how requests are led to them, and the edge (R-P4-CDN).

Nothing here changes in a switch of colours (D-8): DNS, load balancer and CDN stay as they are.
"""

from typing import Annotated, Literal

from pydantic import Field

from settings.keeping import PlaceName
from settings.model import DnsLabel, HostName, Model

API_PREFIX = "/api/"
"""Below it lies every route of the product's API that says something of a person."""
ASSET_SECONDS = 31536000
"""A year: a hashed file's content never changes under its name."""

PathPattern = Annotated[str, Field(pattern=r"^/[A-Za-z0-9_.*?/-]{0,120}$")]
"""A path as CDNs match it; `*` is any text."""


class Behaviour(Model):
    """How the CDN treats some paths."""

    origin: Literal["web", "api"] = "web"
    """Whose answer it is: the bucket's, or the product's API."""

    seconds: Annotated[int, Field(ge=0, le=ASSET_SECONDS)] = 0
    """How long an edge keeps an answer; 0: not at all."""


class Edge(Model):
    """The CDN in front of the web app: one distribution a market, with logs of its own."""

    host: HostName = "app.manpasik.com"
    """Public name; each market's own is `<market>.` before it."""

    behaviours: dict[PathPattern, Behaviour] = Field(
        default={"/assets/*": Behaviour(seconds=ASSET_SECONDS)}
    )
    """Paths beside the app itself, which is never kept (`index.html`, the service worker)."""

    logs: dict[DnsLabel, PlaceName] = Field(default={})
    """Place of a market's log bucket. Absent: the market's own region."""

    requests_per_5_minutes: Annotated[int, Field(ge=100, le=20000000)] = 2000
    """Requests of one address after which the firewall refuses more."""

    traffic_gb_a_month: Annotated[int, Field(ge=0)] = 10000
    """What `mpk cost` reckons with, over all markets."""


class Routing(Model):
    """How a request for the API finds its region."""

    zone: HostName = "manpasik.com"
    """The DNS zone that the stack makes; the domain's registrar must be told its name servers.
    Another name is another zone, and the old one's names go dark."""

    by: Literal["latency", "geography"] = "geography"
    """`geography`: to the caller's own market. `latency`: to the nearest, whoever calls."""

    accelerator: bool = False
    """AWS only: Global Accelerator's two fixed addresses instead of DNS answers."""

    failover: dict[DnsLabel, tuple[DnsLabel, ...]] = Field(default={})
    """Where a market's requests go when its region is down. Absent: nowhere; they are refused."""


def market_host(market: str, host: str) -> str:
    """A market's own name below a common one; the certificate of its region holds it."""
    return f"{market}.{host}"
