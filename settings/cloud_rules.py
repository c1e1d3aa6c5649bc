"""What must hold between a stack's cloud, the regions, the machines and the networks."""

from collections.abc import Iterator, Mapping

from settings import network
from settings.catalog import Catalog
from settings.cloud import Cloud
from settings.environments import Environment, Pool
from settings.instances import Use, cache_node, instance_for, shapes
from settings.problems import Problem, did_you_mean, shown
from settings.stack import Stack

_Finding = tuple[str, object, str, str]
"""Key below the stack, value, message, remedy."""
_SURGE = 1
"""Nodes above the most that a pool has while it is upgraded."""


def catalog_problems(catalog: Catalog) -> Iterator[Problem]:
    """No two regions, machines or environments may claim one place."""
    yield from _twice("regions", "number", {k: r.number for k, r in catalog.regions.items()})
    for cloud in ("aws", "gcp"):
        known = {k: r.on(cloud).name for k, r in catalog.regions.items()}
        yield from _twice("regions", f"{cloud}.name", known)
    figures = {
        name: (each.cloud, each.use, each.vcpu, each.memory_gb)
        for name, each in catalog.instances.items()
    }
    yield from _twice("instances", "memory_gb", figures)
    numbers = {n: e.network for n, e in catalog.environments.items() if e.network is not None}
    yield from _twice("environments", "network", numbers)


def _twice(part: str, key: str, values: Mapping[str, object]) -> Iterator[Problem]:
    first: dict[object, str] = {}
    for name, value in values.items():
        if value in first:
            yield Problem(
                file=f"catalog/{part}.yaml",
                key=f"{name}.{key}",
                value=shown(value),
                message=f"is also that of {first[value]}",
                remedy="give each its own: the layout and the choice of machines depend on it",
            )
        first.setdefault(value, name)


def problems(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """What is wrong with the stack's cloud."""
    cloud = stack.cloud
    environment = catalog.environments.get(stack.environment)
    if cloud is None or environment is None:
        return
    known = {region.on(cloud.provider).name for region in catalog.regions.values()}
    if cloud.region not in known:
        message = f"is no region of {cloud.provider}"
        yield "cloud.region", cloud.region, message, did_you_mean(cloud.region, known)
    yield from _one_cluster(stack)
    if environment.network is None:
        yield "cloud", cloud.provider, f"{stack.environment} runs on no cloud", "remove it"
        return
    yield from _kind(cloud, environment, stack)
    yield from _chosen_network(catalog, cloud)
    yield from _machines(catalog, cloud, environment, stack.phase)
    yield from _addresses(catalog, cloud, environment, stack.phase)


def _one_cluster(stack: Stack) -> Iterator[_Finding]:
    for key in ("kubeconfig", "context"):
        value = getattr(stack.cluster, key)
        if value is not None:
            message = "names a cluster beside the cloud's own"
            yield f"cluster.{key}", value, message, "remove it, or remove cloud"


def _kind(cloud: Cloud, environment: Environment, stack: Stack) -> Iterator[_Finding]:
    if cloud.kind == "server" and environment.nodes_in(stack.phase).count != 1:
        message = f"{stack.environment} has more nodes than one server"
        yield "cloud.kind", cloud.kind, message, "allowed: cluster"


def _chosen_network(catalog: Catalog, cloud: Cloud) -> Iterator[_Finding]:
    if cloud.network is None:
        return
    taken = [e.network for e in catalog.environments.values() if e.network is not None]
    numbers = [region.number for region in catalog.regions.values()]
    if not network.is_free(network.number_of(cloud.network), taken, numbers):
        free = next(
            str(network.layout(number).block)
            for number in range(256)
            if network.is_free(number, taken, numbers)
        )
        message = "overlaps with the network of another stack, or with what Docker keeps"
        yield "cloud.network", cloud.network, message, f"allowed: a free one, such as {free}"


def _machines(
    catalog: Catalog, cloud: Cloud, environment: Environment, phase: int
) -> Iterator[_Finding]:
    wanted: list[tuple[str, Use, int, int]] = [
        (name, "node", pool.vcpu, pool.memory_gb) for name, pool in _pools(environment, phase)
    ]
    if environment.database and cloud.kind == "cluster":
        size = environment.database
        wanted.append(("database", "database", size.vcpu, size.memory_gb))
    for name, use, vcpu, memory_gb in wanted:
        if instance_for(catalog.instances, cloud.provider, use, vcpu, memory_gb) is None:
            sold = shapes(catalog.instances, cloud.provider, use)
            told = ", ".join(f"{cpus}/{memory}" for cpus, memory in sold)
            message = f"has no machine of {vcpu} vCPU and {memory_gb} GB, which {name} asks for"
            remedy = f"describe one in catalog/instances.yaml; described are {told}"
            yield "cloud.provider", cloud.provider, message, remedy
    if environment.cache and cloud.provider == "aws":
        memory_gb = environment.cache.memory_gb
        if cache_node(catalog.instances, "aws", memory_gb) is None:
            message = f"has no cache of {memory_gb} GB, which the environment asks for"
            remedy = "describe one in catalog/instances.yaml"
            yield "cloud.provider", cloud.provider, message, remedy


def _addresses(
    catalog: Catalog, cloud: Cloud, environment: Environment, phase: int
) -> Iterator[_Finding]:
    """Every node's pods need addresses, also when all pools have grown and are being upgraded."""
    pools = _pools(environment, phase)
    most = sum(pool.most + _SURGE for _, pool in pools)
    zones = min(pool.zones for _, pool in pools)
    room = network.layout(0).most_nodes(cloud.provider, zones)
    if most > room:
        message = f"has addresses for {room} nodes, and the pools may grow to {most}"
        yield "cloud.provider", cloud.provider, message, "lower max_count in environments.yaml"
    for region in catalog.regions.values():
        here = region.on(cloud.provider)
        for name, pool in pools:
            if here.name == cloud.region and pool.zones > len(here.zones):
                message = f"has {len(here.zones)} zones, and the pool {name} wants {pool.zones}"
                yield "cloud.region", cloud.region, message, "allowed: a region with more zones"


def _pools(environment: Environment, phase: int) -> list[tuple[str, Pool]]:
    found: list[tuple[str, Pool]] = [("services", environment.nodes_in(phase))]
    return found + ([("platform", environment.platform)] if environment.platform else [])
