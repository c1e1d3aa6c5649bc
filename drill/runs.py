"""One measured release after another: what each strategy is promised to do, and when it did.

Times come from the prober: a version is gone when the last request that it answered was asked.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drill import course, prober
from drill.behaviour import Behaviour
from drill.course import Course, Moment, Share
from drill.prober import Answer
from drill.product import SERVICE, DrillError, Product
from drill.stage import Stage
from settings import names

TAIL_SECONDS = 2.0
"""How long is still asked after the end: a version that comes back would be seen."""
SETTLE_SECONDS = 1.0
"""How long after a new weight the callers' shares are not counted: the mesh hears of it first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One release as it went."""

    version: str
    before: str
    """The version that had the traffic before."""
    outcome: str
    reason: str
    seconds: float
    """From the request for the version to its end, good or bad."""
    answers: int
    failed: int
    """Answers that were no good, from whichever version."""
    failed_of_others: int
    """Of these, those that no pod of the new version gave."""
    shares: Sequence[Share] = field(default=())
    bad_to_stable: float | None = None
    """Seconds from the first bad answer of the version to the last request that it got."""
    least_ready: int | None = None


@dataclass(kw_only=True)
class Drill:
    """A stage, the product on it, and the file into which the prober writes."""

    stage: Stage
    product: Product
    course: Course
    answers_file: Path
    versions: Iterator[str] = field(
        default_factory=lambda: (f"v7.{n}.0" for n in itertools.count(1))
    )

    def answers(self, since: float = 0.0) -> list[Answer]:
        """What the prober has seen since then."""
        return [each for each in prober.read(self.answers_file) if each.at >= since]

    def await_(self, holds: Callable[[Moment], bool], what: str, seconds: float) -> Moment:
        """The first moment for which it holds; an error that says how it stands instead."""
        found = self.course.wait(holds, seconds)
        if found is None:
            last = self.course.moments[-1] if self.course.moments else "nothing"
            raise DrillError(f"waited {seconds:.0f} s in vain until {what}; it stands at {last}")
        return found


def rest(drill: Drill, seconds: float = 120) -> Moment:
    """Wait until the service is at rest: one version, healthy, all traffic on it."""
    return drill.await_(
        lambda m: m.phase == "Healthy" and m.stable == m.current and not m.weights.get("canary"),
        f"{SERVICE} is at rest",
        seconds,
    )


def canary(drill: Drill, behaviour: Behaviour | None, seconds: float, suffix: str = "") -> Run:
    """Release a version that behaves so, and see it promoted or aborted."""
    before = _serving(drill)
    version = next(drill.versions) + suffix
    drill.stage.behave({version: behaviour} if behaviour else {})
    old, began = drill.course.moments[-1].stable, time.time()
    drill.product.release(version)
    end = drill.await_(
        lambda m: m.current not in ("", old) and (_promoted(m) or _aborted(m, old)),
        f"{version} is promoted or aborted",
        seconds,
    )
    time.sleep(TAIL_SECONDS)
    return _run(drill, version, before, began, end, behaviour)


def back_to(drill: Drill, version: str, seconds: float = 120) -> None:
    """Ask for the version that is stable anyway: an aborted release is over."""
    drill.product.release(version)
    rest(drill, seconds)


def _promoted(moment: Moment) -> bool:
    return moment.phase == "Healthy" and moment.stable == moment.current


def _aborted(moment: Moment, old: str) -> bool:
    return (
        moment.phase == "Degraded" and moment.stable == old and not moment.weights.get(names.CANARY)
    )


def _serving(drill: Drill) -> str:
    """The version that answers now."""
    found = drill.answers(time.time() - TAIL_SECONDS)
    versions = {each.version for each in found if each.version}
    if len(versions) != 1:
        raise DrillError(f"one version should answer before a release, not {sorted(versions)}")
    return versions.pop()


def _run(
    drill: Drill,
    version: str,
    before: str,
    began: float,
    end: Moment,
    behaviour: Behaviour | None,
) -> Run:
    answers = drill.answers(began)
    moments = drill.course.since(began)
    bad = [each.at for each in answers if each.version == version and _bad(each, behaviour)]
    last = course.last_of(answers, version)
    failed = [each for each in answers if each.failed]
    return Run(
        version=version,
        before=before,
        outcome="promoted" if _promoted(end) else "aborted",
        reason=end.reason or end.message,
        seconds=end.at - began,
        answers=len(answers),
        failed=len(failed),
        failed_of_others=sum(each.version != version for each in failed),
        shares=course.shares(answers, moments, names.CANARY, version, SETTLE_SECONDS),
        bad_to_stable=last - min(bad) if bad and last is not None else None,
        least_ready=min((each.ready for each in moments), default=None),
    )


def _bad(answer: Answer, behaviour: Behaviour | None) -> bool:
    slow = behaviour.slow_latency if behaviour else 0.0
    return answer.failed or (slow > 0 and answer.seconds >= slow)
