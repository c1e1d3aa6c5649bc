"""Every kind of version through a canary: the good promoted, the bad undone, each for its reason.

(R-P3-CAN, R-P3-ABORT; issue 6, acceptances 2 and 3.) The steps are seconds long, everything else is
the product's own: its analysis, its thresholds, its message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drill import canary, stage
from drill.behaviour import Behaviour
from drill.canary import BAD, Run
from drill.evidence import Evidence, evidence, spread
from drill.metrics import Source
from drill.product import SERVICE, Tempo
from drill.runs import Drill

GOOD = "good"
SOURCES: Mapping[str, Source] = {
    "metrics-down": Source.DOWN,
    "metrics-empty": Source.EMPTY,
    "metrics-nan": Source.NAN,
    "metrics-stale": Source.STALE,
}
"""Metrics that tell nothing about a version that may be good: none is promoted unseen (C-1)."""
KINDS = (GOOD, *BAD, *SOURCES)
STEP_SECONDS, WINDOW_SECONDS = 12, 10
RELEASE: Mapping[str, Any] = {
    "step_seconds": STEP_SECONDS,
    "window_seconds": WINDOW_SECONDS,
    "analysis_seconds": 2,
}
TEMPO = Tempo(min_ready_seconds=1, progress_deadline_seconds=40)
RUN_SECONDS = 200
RATE = 400
"""5 % of it over a step are more than the 100 requests that a judgement needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One release of one kind, and what the team was told of it."""

    kind: str
    run: Run
    messages: Sequence[str] = field(default=())

    @property
    def told(self) -> bool:
        """Whether a message names the service, a reason and the version before."""
        wanted = (f" {SERVICE}, ", f", {self.run.before}")
        return any(all(part in text for part in wanted) for text in self.messages)

    @property
    def agrees(self) -> bool:
        """Of a good version: promoted, by the steps' shares, without one failed answer."""
        shares = all(share.agrees for share in self.run.shares)
        return self.run.outcome == "promoted" and shares and not self.run.failed


def case(drill: Drill, kind: str) -> Case:
    """Release a version of that kind, and leave the service as it was found."""
    before = len(stage.messages(drill.stage))
    bad = BAD.get(kind)
    behaviour: Behaviour | None = bad.behaviour if bad else None
    drill.stage.metrics_source(SOURCES.get(kind, Source.GOOD))
    try:
        run = canary.canary(drill, behaviour, RUN_SECONDS, bad.suffix if bad else "")
    finally:
        drill.stage.metrics_source(Source.GOOD)
    if run.outcome == "aborted":
        canary.back_to(drill, run.before)
    else:
        canary.rest(drill)
    return Case(kind=kind, run=run, messages=stage.messages(drill.stage)[before:])


def judged(cases: Sequence[Case], rate: int) -> Evidence:
    """What the specification promises of each kind, and what was seen."""
    good = [each for each in cases if each.kind == GOOD]
    bad = [each for each in cases if each.kind != GOOD]
    took = [each.run.bad_to_stable for each in bad if each.run.bad_to_stable is not None]
    return evidence(
        "canary",
        promises={
            "every good version is promoted": all(e.run.outcome == "promoted" for e in good),
            "its shares are those of its steps": all(each.agrees for each in good),
            "no bad version is promoted": all(each.run.outcome == "aborted" for each in bad),
            "each with its reason": all(each.run.reason for each in bad),
            "no other version's answer fails": not sum(e.run.failed_of_others for e in cases),
            f"stable in under {canary.ABORT_SECONDS} s": all(
                each < canary.ABORT_SECONDS for each in took
            ),
            "the team is told: service, reason, version before": all(each.told for each in bad),
        },
        figures={
            "good": len(good),
            "bad": len(bad),
            "bad to stable, seconds": spread(took),
            "by kind": {
                kind: _figures(cases, kind) for kind in dict.fromkeys(e.kind for e in cases)
            },
        },
        runs=cases,
        settings={"requests a second": rate, "release": dict(RELEASE)},
    )


def _figures(cases: Sequence[Case], kind: str) -> dict[str, Any]:
    own = [each for each in cases if each.kind == kind]
    took = [e.run.bad_to_stable for e in own if e.run.bad_to_stable is not None]
    return {
        "runs": len(own),
        "promoted": sum(each.run.outcome == "promoted" for each in own),
        "told": sum(each.told for each in own),
        "bad to stable": round(max(took), 1) if took else None,
        "seconds": round(max(each.run.seconds for each in own), 1),
        "reasons": sorted({each.run.reason for each in own}),
    }
