"""Colours switched under load, forth and back (R-P4-BG, D-8).

Forth: a new version on the idle colour, its smoke tests, then the promotion. Back: the version
before, whose pods are still warm. A switch begins when it is asked for and ends with the last
request that the other colour answered, as the callers saw it.
"""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from drill import course
from drill.course import Moment
from drill.evidence import Evidence, evidence, spread
from drill.product import SERVICE, DrillError
from drill.runs import TAIL_SECONDS, Drill
from drill.warm import Watched
from operations.cluster import Object, Place
from settings import names

ANSWERED_SECONDS = 60
SWITCH_SECONDS = 10
"""R-P4-BG."""
AIM_SECONDS = 1
_GO_ON: Object = {"status": {"pauseConditions": None}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Switched:
    """One switch, forth or back."""

    old: str
    new: str
    way: str
    seconds: float
    """From the request for the switch to the last request that the old colour answered."""
    answers: int
    failed: int
    warm: int
    """Pods of the old colour that could still answer afterwards."""


def forth(drill: Drill, old: str, seconds: float = 120) -> Switched:
    """Bring a new version in on the idle colour, and promote it when it is ready."""
    new, began = next(drill.versions), time.time()
    active = drill.course.moments[-1].active
    drill.product.release(new)
    ready = drill.await_(
        lambda m: m.current not in ("", active) and m.phase == "Paused",
        f"the other colour runs {new}",
        seconds,
    )
    seen = [each for each in drill.answers(began) if each.version == new]
    if seen:
        raise DrillError(f"{new} answered {len(seen)} callers before it was promoted")
    return _switch(drill, old, new, "forth", lambda: _promote(drill), ready)


def back(drill: Drill, old: str, new: str) -> Switched:
    """Go back to the colour that is still warm."""
    last = drill.course.moments[-1]
    return _switch(drill, old, new, "back", lambda: drill.product.release(new), last)


def bad_smoke(drill: Drill, seconds: float = 120) -> Moment:
    """A version whose smoke tests fail: how it stands once its controller has decided."""
    found = _smoke(drill)
    spoilt = copy.deepcopy(found)
    pod = spoilt["spec"]["metrics"][0]["provider"]["job"]["spec"]["template"]["spec"]
    pod["containers"][0]["image"] += "-fail"
    drill.product.cluster.apply(spoilt, force=True)
    try:
        active = drill.course.moments[-1].active
        drill.product.release(next(drill.versions))
        return drill.await_(
            lambda m: m.current not in ("", active) and m.phase == "Degraded",
            "the bad smoke test is noticed",
            seconds,
        )
    finally:
        drill.product.cluster.apply(found, force=True)


def _smoke(drill: Drill) -> Object:
    (found,) = [
        each
        for each in drill.product.objects
        if each["kind"] == "AnalysisTemplate"
        and each["metadata"]["name"] == names.analysis("smoke")
    ]
    return dict(found)


def _promote(drill: Drill) -> None:
    live = drill.product.live()
    place = Place(
        api_version=live["apiVersion"],
        kind=live["kind"],
        namespace=names.APPLICATION_NAMESPACE,
        name=SERVICE,
    )
    drill.product.cluster.merge(place, _GO_ON, subresource="status")


def _await_an_answer(drill: Drill, version: str, since: float) -> None:
    """A busy machine leads nobody anywhere for seconds; how long that was is in the answers."""
    deadline = time.monotonic() + ANSWERED_SECONDS
    while not any(each.version == version for each in drill.answers(since)):
        if time.monotonic() > deadline:
            raise DrillError(f"nobody was answered by {version} after the switch")
        time.sleep(0.5)


def _switch(
    drill: Drill, old: str, new: str, way: str, ask: Callable[[], object], before: Moment
) -> Switched:
    asked = time.time()
    ask()
    drill.await_(lambda m: m.active != before.active, f"{new} is the active colour", 60)
    _await_an_answer(drill, new, asked)
    time.sleep(TAIL_SECONDS)
    answers = drill.answers(asked)
    last = course.last_of(answers, old)
    return Switched(
        old=old,
        new=new,
        way=way,
        seconds=max(0.0, last - asked) if last is not None else 0.0,
        answers=len(answers),
        failed=sum(each.failed for each in answers),
        warm=drill.product.ready_pods(old),
    )


def judged(
    runs: Sequence[Switched],
    rate: int,
    failed: int,
    smoke: Moment | None = None,
    seen: Watched | None = None,
) -> Evidence:
    """What the specification promises of a switch, and what was seen; `failed` over everything."""
    took = [run.seconds for run in runs]
    promises = {
        "no request fails": failed == 0,
        f"switched in under {SWITCH_SECONDS} s": max(took) < SWITCH_SECONDS,
        f"switched in under {AIM_SECONDS} s (aim)": max(took) < AIM_SECONDS,
        "the other colour stays warm": all(run.warm > 0 for run in runs),
    }
    if smoke is not None:
        promises["a bad smoke test never switches"] = smoke.active == smoke.stable
    if seen is not None:
        promises["the other colour stays warm to the end of the watch"] = seen.least_warm > 0
    return evidence(
        "blue-green",
        promises=promises,
        figures={
            "switches": len(runs),
            "failed": failed,
            "forth, seconds": spread([run.seconds for run in runs if run.way == "forth"]),
            "back, seconds": spread([run.seconds for run in runs if run.way == "back"]),
            **({"watch": asdict(seen)} if seen else {}),
        },
        runs=runs,
        settings={"requests a second": rate, "service": SERVICE},
    )
