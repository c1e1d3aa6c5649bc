"""Where a stack with a cloud is, and which addresses are its own."""

from settings import network
from settings.catalog import Catalog
from settings.regions import Region
from settings.stack import Stack


def region_key(catalog: Catalog, stack: Stack) -> str | None:
    """The key of the stack's region in `catalog/regions.yaml`; None without a cloud."""
    cloud = stack.cloud
    if cloud is None:
        return None
    names = {region.on(cloud.provider).name: key for key, region in catalog.regions.items()}
    return names.get(cloud.region)


def region(catalog: Catalog, stack: Stack) -> Region | None:
    """The stack's region; None without a cloud."""
    key = region_key(catalog, stack)
    return catalog.regions[key] if key else None


def addresses(catalog: Catalog, stack: Stack, stack_name: str) -> network.Layout | None:
    """The addresses of the stack's network, disjoint from those of every other.

    A stack called after environment and region, `production-kr`, is one of several and lies beside
    the single `production`, whose data it takes over.
    """
    cloud, key = stack.cloud, region_key(catalog, stack)
    number = catalog.environments[stack.environment].network
    if cloud is None or key is None or number is None:
        return None
    if cloud.network is not None:
        return network.layout(network.number_of(cloud.network))
    fleet = stack_name == f"{stack.environment}-{key}"
    place = catalog.regions[key].number
    return network.layout(network.number(number, cloud.provider, place, fleet=fleet))
