"""What is asked before a release changes anything, and what each answer was.

Every objection is told at once. What cannot be known, since a registry does not answer, is written
into the record and stops nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from operations.registry import Registry
from rendering.plan import Plan
from settings import fitting
from settings.fitting import Pod
from settings.loader import Settings

_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One question and its answer."""

    name: str
    verdict: str
    """`passed`, `noted` or `refused`."""
    detail: str

    def as_dict(self) -> dict[str, str]:
        """As a record keeps it."""
        return {"name": self.name, "verdict": self.verdict, "detail": self.detail}


def images(settings: Settings, services: Iterable[str], registry: Registry) -> Check:
    """Whether the images are there, and signed where only approved versions run (R-ENV-2)."""
    found: dict[str, list[str]] = {}
    for service in services:
        image = settings.image(service)
        seen = registry.look(image)
        if seen.found == "unknown":
            return _noted("images", f"not looked for: {seen.why}")
        found.setdefault(seen.found, []).append(image)
    if absent := found.get("absent"):
        return _refused("images", f"the registry has no {_few(absent)}")
    if unsigned := found.get("unsigned"):
        told = f"nobody signed {_few(unsigned)}"
        strict = settings.environment.approval
        return _refused("images", told) if strict else _noted("images", told)
    return _passed("images", f"{sum(map(len, found.values()))} are there and signed")


def planned(plan: Plan, services: Iterable[str]) -> Check:
    """What else than these services' workloads the release would change."""
    own = set(services)
    others = [f"{each.kind} {each.name}" for each in plan.affected if each.name not in own]
    delicate = [f"{each.kind} {each.name}" for each in plan.affected if each.dangerous]
    told = f"{len(plan.affected)} objects change"
    told += f", of them other than the services: {_few(others)}" if others else ""
    told += f"; look first at {_few(delicate)}" if delicate else ""
    return _noted("plan", told) if others or delicate else _passed("plan", told)


def capacity(settings: Settings, services: Sequence[str]) -> Check:
    """Whether the nodes hold what a release adds while both versions run (D-7).

    A rolling update waits for room and then goes on; a second set of pods that finds none is a
    release that fails after its deadline.
    """
    pods = fitting.service_pods(settings)
    second = [pod for pod in pods if pod.service in services and _doubles(settings, pod.service)]
    if settings.environment.platform is None:
        pods += fitting.store_pods(settings)
    pods += second or _one_more(pods, services)
    pool = settings.nodes
    waiting = fitting.fit(pods, fitting.nodes(pool, pool.most), pool.zones).waiting
    count = sum(waiting.values())
    if not count:
        return _passed("capacity", f"{len(pods)} pods find room on {pool.most} nodes")
    told = f"{count} of {len(pods)} pods find no room on {pool.most} nodes: {_few(sorted(waiting))}"
    if second:
        return _refused("capacity", f"{told}; release fewer services at a time (--service)")
    return _noted("capacity", f"{told}; they roll in turn")


def _doubles(settings: Settings, service: str) -> bool:
    return settings.strategy(service) != "rolling"


def _one_more(pods: Sequence[Pod], services: Sequence[str]) -> Iterator[Pod]:
    yield from {pod.service: pod for pod in pods if pod.service in services}.values()


def told(checks: Sequence[Check]) -> list[str]:
    """A line for each objection."""
    return [f"{each.name}: {each.detail}" for each in checks if each.verdict == "refused"]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _passed(name: str, detail: str) -> Check:
    return Check(name=name, verdict="passed", detail=detail)


def _noted(name: str, detail: str) -> Check:
    return Check(name=name, verdict="noted", detail=detail)


def _refused(name: str, detail: str) -> Check:
    return Check(name=name, verdict="refused", detail=detail)
