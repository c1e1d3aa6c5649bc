"""Which addresses each network gets: arithmetic over numbers that never change.

10.0.0.0/8 holds 256 networks of a /16, numbered by whether the stack is one region of several (1
bit), environment (2), cloud (1), region (4); a range of 172.16.0.0/12 with the same number holds
the cluster's Services. So no two stacks overlap, whether or not they are ever connected, and a
region or a zone that is added moves nothing. Number 0 of the environments stays free: its Services
would meet 172.17.0.0/16, which Docker and Cloud SQL keep for themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

from settings.regions import Provider

ALL = IPv4Network("10.0.0.0/8")
ALL_SERVICES = IPv4Network("172.16.0.0/12")
MOST_ZONES = 6
_CLOUDS: dict[Provider, int] = {"aws": 0, "gcp": 1}
_NODES_BITS, _DATA_BITS, _PUBLIC_BITS = 19, 22, 23
# Addresses that a node keeps for its pods: EC2 prefixes of 16 for 110 pods; a /24 on GKE.
POD_ADDRESSES_PER_NODE = {"aws": 128, "gcp": 256}


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneSubnets:
    """The subnets of one zone, where subnets belong to zones (AWS)."""

    zone: str
    nodes: IPv4Network
    """Nodes and pods: private, with a way out."""
    data: IPv4Network
    """Managed stores: private, without."""
    public: IPv4Network
    """Load balancers and the way out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionSubnets:
    """The ranges of one region, where subnets span zones (GCP)."""

    nodes: IPv4Network
    pods: IPv4Network
    managed: IPv4Network
    """What Google's managed stores take, by peering."""
    control_plane: IPv4Network
    proxies: IPv4Network
    """Envoys of regional load balancers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The addresses of one stack's network."""

    block: IPv4Network
    services: IPv4Network
    """Addresses of the cluster's Services; outside the block, as EKS demands."""

    def zone(self, zone: str, index: int) -> ZoneSubnets:
        """The subnets of the zone that stands at this place in the region's list."""
        if not 0 <= index < MOST_ZONES:
            raise ValueError(f"a network has room for {MOST_ZONES} zones, not for number {index}")
        halves = list(self.block.subnets(new_prefix=_NODES_BITS))
        data, public = halves[MOST_ZONES], halves[MOST_ZONES + 1]
        return ZoneSubnets(
            zone=zone,
            nodes=halves[index],
            data=list(data.subnets(new_prefix=_DATA_BITS))[index],
            public=list(public.subnets(new_prefix=_PUBLIC_BITS))[index],
        )

    def region(self) -> RegionSubnets:
        """The ranges of the whole region."""
        pods, rest = self.block.subnets()
        nodes, managed, small, *_ = rest.subnets(new_prefix=20)
        return RegionSubnets(
            nodes=nodes,
            pods=pods,
            managed=managed,
            control_plane=next(small.subnets(new_prefix=28)),
            proxies=list(small.subnets(new_prefix=23))[1],
        )

    def most_nodes(self, provider: Provider, zones: int) -> int:
        """How many nodes have addresses for all their pods, spread evenly over so many zones."""
        if provider == "gcp":
            return self.region().pods.num_addresses // POD_ADDRESSES_PER_NODE["gcp"]
        usable = self.zone("", 0).nodes.num_addresses - 5  # five are Amazon's own
        return zones * (usable // (POD_ADDRESSES_PER_NODE["aws"] + 1))


def number(environment: int, provider: Provider, region: int, *, fleet: bool = False) -> int:
    """The number of a network, 0 to 255; `fleet`: of one region of several (R-P4-REG)."""
    return fleet << 7 | environment << 5 | _CLOUDS[provider] << 4 | region


def layout(number: int) -> Layout:
    """The addresses of the network with that number."""
    return Layout(block=_part(ALL, 16, number), services=_part(ALL_SERVICES, 20, number))


def number_of(block: str) -> int:
    """The number of a block that a stack chose by itself."""
    return int(IPv4Network(block).network_address) >> 16 & 0xFF


def is_free(number: int, environments: Iterable[int], regions: Iterable[int]) -> bool:
    """Whether a stack may choose this network: it is no other's, now or by another setting."""
    environment = number >> 5 & 0b11
    return environment != 0 and not (
        environment in set(environments) and number & 0xF in set(regions)
    )


def _part(whole: IPv4Network, prefix: int, index: int) -> IPv4Network:
    size = 2 ** (32 - prefix)
    return IPv4Network((int(whole.network_address) + index * size, prefix))
