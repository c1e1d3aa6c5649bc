"""The watch after a switch, seen through to its end: the idle colour must be warm all the time.

(R-P4-BG: ten minutes; decision 10.) Until the controller has judged the new version for the last
time, the way back must be a switch and not a deployment.
"""

import time
from dataclasses import dataclass

from drill.course import Moment
from drill.product import DrillError
from drill.runs import Drill

LOOK_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A watch that ended."""

    idle: str
    """The version before, whose colour is idle."""
    seconds: float
    """From the switch, as the controller took it, to the end of the watch."""
    outcome: str
    reason: str
    """What the watch found, where it switched back."""
    looks: int
    least_warm: int
    """The fewest pods of the idle colour that could have answered, at any look."""


def watched(drill: Drill, idle: str, seconds: float) -> Watched:
    """After a switch: look at the idle colour until the watch has ended."""
    active = drill.course.moments[-1].active
    switched = next(m.at for m in drill.course.moments if m.active == active)
    warm: list[int] = []
    deadline = time.monotonic() + seconds
    while not (end := drill.course.wait(_decided, LOOK_SECONDS)):
        warm.append(drill.product.ready_pods(idle))
        if time.monotonic() > deadline:
            last = drill.course.moments[-1]
            raise DrillError(f"the watch did not end in {seconds:.0f} s; it stands at {last}")
    warm.append(drill.product.ready_pods(idle))
    return Watched(
        idle=idle,
        seconds=end.at - switched,
        outcome="kept" if end.active == active and end.phase == "Healthy" else "switched back",
        reason=end.reason,
        looks=len(warm),
        least_warm=min(warm),
    )


def _decided(moment: Moment) -> bool:
    """Healthy once the new version is stable, which it is when the watch found nothing."""
    good = moment.phase == "Healthy" and moment.stable == moment.current == moment.active
    return good or moment.phase == "Degraded"
