"""What is to be released, and whether it can be as things stand: one error, nothing changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from operations import preflight, rollouts, split
from operations.preflight import Check
from operations.records import Record
from operations.refusal import RefusedError
from operations.schema_moves import Judge, known_only
from operations.ways_back import half_way
from operations.workloads import Workload
from rendering.manifest import Manifest
from settings.loader import Settings


def _nothing_asked() -> Sequence[Check]:
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be released, and how."""

    settings: Settings
    """At the new version."""
    version: str
    services: Sequence[str]
    manifests: Sequence[Manifest] = field(repr=False)
    watch_seconds: float
    approved_by: str = ""
    timeout_seconds: float = 900
    force: bool = False
    undo: bool = True
    """Whether a release that fails goes back by itself."""
    judge: Judge | None = known_only
    checks: Callable[[], Sequence[Check]] = _nothing_asked
    """What is asked before anything changes."""
    gate: Callable[[], object] = _nothing_asked
    """Refuses where the schema stands against the version (M-4); asked last."""
    by_engine: Callable[[], str] | None = None
    """Deploys the stack at the version kept in its file, where only the engine can (R-P2-CD)."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Where the webhook stands."""


def refuse_unfit(plan: Plan, found: Mapping[str, Workload], goes_on: Record | None) -> None:
    """What cannot be released; `goes_on`: the record of a release that was killed."""
    against = [*_missing(plan, found), *_under_way(plan, found), *_left(plan, goes_on)]
    live = all(
        each.version == plan.settings.image_tag(name) and each.state.phase == "ready"
        for name, each in found.items()
    )
    if found and live and not against and not goes_on:
        against.append(f"{plan.version} is live already, and healthy")
    _refuse(against)


def asked(plan: Plan) -> Sequence[Check]:
    """The answers to everything that is asked first; refused where one of them objects."""
    checks = plan.checks()
    _refuse(preflight.told(checks))
    plan.gate()
    return checks


def _missing(plan: Plan, found: Mapping[str, Workload]) -> Iterator[str]:
    missing = [name for name in plan.services if name not in found]
    if missing:
        where = plan.settings.stack_name
        yield f"{', '.join(missing)} not deployed here; first: mpk up {where}"


def _under_way(plan: Plan, found: Mapping[str, Workload]) -> Iterator[str]:
    """Another version that is being tried: two at once would judge each other's errors."""
    for name, each in found.items():
        aborted = each.live.get("status", {}).get("abort", False)
        if half_way(each) and not aborted and each.version != plan.settings.image_tag(name):
            where = rollouts.told_step(each.live)
            yield (
                f"{name} is being released to {each.version}{f' ({where})' if where else ''}: "
                f"mpk abort {name}, or wait for it"
            )


def _left(plan: Plan, goes_on: Record | None) -> Iterator[str]:
    """Services that a killed release left behind, and that this one would leave there."""
    behind = sorted(goes_on.services.keys() - set(plan.services)) if goes_on else []
    if goes_on and behind:
        stack = plan.settings.stack_name
        forward = "; ".join(split.forward(goes_on, stack, plan.settings.services))
        yield (
            f"the {goes_on.action} of {goes_on.version} begun {goes_on.started} was interrupted, "
            f"and {', '.join(behind)} would stay as it left them; first: {forward}, or back: "
            f"{split.back(stack)}"
        )


def _refuse(against: Sequence[str]) -> None:
    if against:
        raise RefusedError("nothing was changed:\n  " + "\n  ".join(against))
