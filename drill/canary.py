"""A canary under load: promoted where the version is good, undone by itself where it is not.

(R-P3-CAN, R-P3-ABORT.) A version is gone when the last request that it answered was asked.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from drill import course
from drill.behaviour import Behaviour
from drill.course import Moment, Share
from drill.evidence import Evidence, evidence, spread
from drill.prober import Answer
from drill.product import SERVICE, DrillError
from drill.runs import TAIL_SECONDS, Drill
from settings import names

SETTLE_SECONDS = 1.0
"""How long after a new weight the callers' shares are not counted: the mesh hears of it first."""
LATE_SECONDS = 60
"""How late the mesh may hear of the controllers' word before a drill gives up."""
ABORT_SECONDS = 30
"""R-P3-ABORT: the stable version has everything again in less."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bad:
    """A version that must not come through."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    suffix: str = ""
    """Of its tag, where the simulated kubelet is to fail it."""


BAD: Mapping[str, Bad] = {
    "5xx-0.5": Bad(behaviour=Behaviour(error_share=0.005)),
    "5xx-1.5": Bad(behaviour=Behaviour(error_share=0.015)),
    "5xx-5": Bad(behaviour=Behaviour(error_share=0.05)),
    "5xx-100": Bad(behaviour=Behaviour(error_share=1.0)),
    "p99-1200ms": Bad(behaviour=Behaviour(slow_share=0.03, slow_latency=1.2)),
    "p95-250ms": Bad(behaviour=Behaviour(slow_share=0.1, slow_latency=0.25)),
    "late-errors": Bad(behaviour=Behaviour(error_share=0.05, errors_above_weight=25)),
    "crashes": Bad(behaviour=Behaviour(crash_after=8.0)),
    "crash-loop": Bad(suffix="-crash"),
    "never-ready": Bad(suffix="-never-ready"),
    "bad-image": Bad(suffix="-broken"),
}
"""By name: what goes wrong (issue 6, acceptance 3)."""


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
    """Of these, those that no pod of the new version gave, nor left unanswered as it died."""
    shares: Sequence[Share] = field(default=())
    bad_to_stable: float | None = None
    """Seconds from the first bad answer of the version to the last request that it got."""
    least_ready: int | None = None
    began: float = 0.0
    """When the version was asked for, in seconds since the epoch."""
    bad_at: float | None = None
    """When its first bad answer was asked for."""


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
    _settle(drill, before if _aborted(end, old) else version)
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


def _settle(drill: Drill, version: str) -> None:
    """Wait until that version alone has answered for a while.

    The controllers' word is not enough: a mesh that hears late still sends requests elsewhere.
    """
    deadline = time.monotonic() + LATE_SECONDS
    time.sleep(TAIL_SECONDS)
    while (found := _answering(drill)) != {version}:
        if time.monotonic() > deadline:
            raise DrillError(f"{version} alone should answer by now, and not {sorted(found)}")
        time.sleep(TAIL_SECONDS / 4)


def _serving(drill: Drill) -> str:
    """The version that answers now."""
    versions = _answering(drill)
    if len(versions) != 1:
        raise DrillError(f"one version should answer before a release, not {sorted(versions)}")
    return versions.pop()


def _answering(drill: Drill) -> set[str]:
    found = drill.answers(time.time() - TAIL_SECONDS)
    return {each.version for each in found if each.version}


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
        failed_of_others=sum(not _its_own(each, version, behaviour) for each in failed),
        shares=course.shares(
            answers,
            told(moments, moments[0].stable),
            names.CANARY,
            version,
            SETTLE_SECONDS,
        ),
        bad_to_stable=last - min(bad) if bad and last is not None else None,
        least_ready=min((each.ready for each in moments), default=None),
        began=began,
        bad_at=min(bad, default=None),
    )


def told(moments: Sequence[Moment], old: str) -> list[Moment]:
    """What the mesh was told of a new version, whichever subset it is in.

    Once it is the stable version it has everything, by the other subset.
    """
    return [
        replace(each, weights={names.CANARY: 100}) if each.stable == each.current != old else each
        for each in moments
    ]


def of_run(moments: Sequence[Moment], run: Run) -> list[Moment]:
    """The moments of one release alone, as a picture shows them: the next one is not its own."""
    own = [each for each in moments if each.at - run.began <= run.seconds]
    before = [each for each in own if each.at < run.began]
    return told(own, (before or own)[-1].stable)


def _its_own(answer: Answer, version: str, behaviour: Behaviour | None) -> bool:
    """Whether a version gave it, or Envoy in its place where its pods are to die.

    Of any other version an unanswered request is a fault of the way to it (C-5).
    """
    dies = behaviour is not None and behaviour.crash_after is not None
    unanswered = not answer.version and answer.pod.endswith(f"|{names.CANARY}")
    return answer.version == version or (dies and unanswered)


def _bad(answer: Answer, behaviour: Behaviour | None) -> bool:
    slow = behaviour.slow_latency if behaviour else 0.0
    return answer.failed or (slow > 0 and answer.seconds >= slow)


def judged(runs: Sequence[Run], rate: int, sent: Sequence[str]) -> Evidence:
    """What the specification promises of a bad version, and what was seen."""
    took = [run.bad_to_stable for run in runs if run.bad_to_stable is not None]
    return evidence(
        "canary-abort",
        promises={
            "no bad version is promoted": all(run.outcome == "aborted" for run in runs),
            "no other version's answer fails": not sum(run.failed_of_others for run in runs),
            f"stable in under {ABORT_SECONDS} s": all(each < ABORT_SECONDS for each in took),
            "a message for each": len(sent) >= len(runs),
        },
        figures={
            "answers": sum(run.answers for run in runs),
            "failed": sum(run.failed for run in runs),
            "bad to stable, seconds": spread(took),
            "reasons": sorted({run.reason for run in runs}),
        },
        runs=runs,
        settings={"requests a second": rate},
    )
