"""What must hold between a stack and the markets of phase 4 (R-P4-REG)."""

from collections.abc import Iterator

from settings.catalog import Catalog
from settings.front import Edge, Routing
from settings.keeping import Citus, CockroachDb
from settings.problems import did_you_mean
from settings.stack import Stack

_Finding = tuple[str, object, str, str]
"""Key below the stack, value, message, remedy."""
FIRST_PHASE = 4


def problems(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """What is wrong with a stack's markets."""
    yield from _role(catalog, stack)
    yield from _names(catalog, stack)
    yield from _places(catalog, stack)
    yield from _only_above(stack)
    yield from _database(stack)
    yield from _front(stack)


def _role(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """Phase 4 is one region of several, or the stack above them."""
    environment = catalog.environments.get(stack.environment)
    if environment is None:
        return
    several = stack.market is not None or bool(stack.regions)
    if several and stack.phase < FIRST_PHASE:
        key = "market" if stack.market else "regions"
        message = f"begins in phase {FIRST_PHASE}, and this is phase {stack.phase}"
        yield key, stack.market or list(stack.regions), message, f"set phase: {FIRST_PHASE}"
    if several and not environment.patients:
        key = "market" if stack.market else "regions"
        message = f"serves people, and {stack.environment} holds no patients' data"
        yield key, stack.market or list(stack.regions), message, "remove it"
    if stack.market and stack.regions:
        yield "regions", list(stack.regions), "stands beside market", "keep one of the two"
    if stack.phase >= FIRST_PHASE and environment.patients and stack.cloud and not several:
        message = "is phase 4, and the stack is neither a region nor above regions"
        yield "phase", stack.phase, message, "say market: kr, or regions: [kr, us, eu, jp]"
    if several and stack.cloud is None:
        message = "needs a cloud to be in"
        remedy = "add cloud: {provider: aws, region: ap-northeast-2}"
        yield "cloud", None, message, remedy


def _names(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """Every market that is named exists."""
    named = [("market", stack.market)] if stack.market else []
    named += [(f"regions.{index}", name) for index, name in enumerate(stack.regions)]
    if isinstance(stack.database, CockroachDb):
        named += [(f"database.spans.{i}", name) for i, name in enumerate(stack.database.spans)]
    for key, name in named:
        if name not in catalog.regions:
            yield key, name, "no such market", did_you_mean(name, catalog.regions)
    for name in {name for name in stack.regions if stack.regions.count(name) > 1}:
        yield "regions", name, "stands twice", "name it once"
    below = [(f"edge.logs.{name}", name) for name in stack.edge.logs]
    for name, targets in stack.routing.failover.items():
        below.append((f"routing.failover.{name}", name))
        below += [(f"routing.failover.{name}.{i}", target) for i, target in enumerate(targets)]
    for key, name in below:
        if name not in stack.regions:
            yield key, name, "is none of the stack's regions", did_you_mean(name, stack.regions)


def _places(catalog: Catalog, stack: Stack) -> Iterator[_Finding]:
    """Every place that is named is one of the stack's cloud."""
    named = [("backups.location", stack.backups.location), ("logs.location", stack.logs.location)]
    named += [(f"backups.copies.{i}", copy) for i, copy in enumerate(stack.backups.copies)]
    named += [(f"edge.logs.{name}", at) for name, at in stack.edge.logs.items()]
    for key, name in named:
        place = catalog.locations.get(name) if name else None
        if name and place and stack.cloud and place.cloud != stack.cloud.provider:
            message = f"is a place of {place.cloud}, and the stack runs on {stack.cloud.provider}"
            yield key, name, message, f"name a place of {stack.cloud.provider}"


def _only_above(stack: Stack) -> Iterator[_Finding]:
    """What only the global stack reads would be ignored without a word elsewhere."""
    if not stack.regions:
        # A region on AWS has no firewall before it and limits by itself.
        limits = stack.market and stack.cloud and stack.cloud.provider == "aws"
        own = Edge(requests_per_5_minutes=stack.edge.requests_per_5_minutes)
        for key, value, usual in (
            ("routing", stack.routing, Routing()),
            ("edge", stack.edge, own if limits else Edge()),
        ):
            if value != usual:
                message = "is read by the global stack alone"
                yield key, value.model_dump(exclude_defaults=True), message, "remove it"
    elif stack.routing.accelerator and stack.cloud and stack.cloud.provider != "aws":
        message = "is Amazon's; Google's load balancer has one address everywhere by itself"
        yield "routing.accelerator", True, message, "remove it"


def _front(stack: Stack) -> Iterator[_Finding]:
    """What the chosen cloud can make of the front."""
    if not stack.regions or stack.cloud is None:
        return
    zone = stack.routing.zone
    for key, host in (("edge.host", stack.edge.host), ("host", stack.host)):
        if host and not host.endswith(f".{zone}"):
            yield key, host, f"lies outside of the zone {zone}", f"allowed: a name below {zone}"
    yield from _of_google(stack) if stack.cloud.provider == "gcp" else _of_amazon(stack)


def _of_google(stack: Stack) -> Iterator[_Finding]:
    for path in stack.edge.behaviours:
        if set("*?") & set(path.removesuffix("/*")):
            message = "cannot be matched by Google's URL maps"
            yield f"edge.behaviours.{path}", path, message, "allowed: /whole/path, or /folder/*"


def _of_amazon(stack: Stack) -> Iterator[_Finding]:
    if stack.routing.accelerator and stack.routing.by == "geography":
        message = "leads to the nearest region, whoever calls"
        yield "routing.accelerator", True, message, "set routing.by: latency, or remove it"
    for name, targets in stack.routing.failover.items():
        if len(targets) > 1:
            message = "has several places to fail over to, and Route 53 takes one"
            yield f"routing.failover.{name}", list(targets), message, "keep one of them"


def _database(stack: Stack) -> Iterator[_Finding]:
    usual = Citus(engine="citus")
    if stack.database != usual and (stack.phase < FIRST_PHASE or stack.regions):
        message = "is the database of a region in phase 4, which this stack is not"
        yield "database", stack.database.model_dump(exclude_defaults=True), message, "remove it"
    if isinstance(stack.database, CockroachDb) and stack.market in stack.database.spans:
        yield "database.spans", stack.market, "is the stack's own market", "name the others only"
