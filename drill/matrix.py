"""Every kind of version through a canary: the good promoted, the bad undone, each for its reason.

(R-P3-CAN, R-P3-ABORT; issue 6, acceptances 2 and 3.) The steps are seconds long, and the rates are
taken over less to fit into them; everything else is the product's own: its analysis, its
thresholds, its message. `OWN_TIMES` shortens the steps alone: how long an abort takes is a matter
of window, interval and readiness, and told of those that production has.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drill import canary, stage
from drill.behaviour import Behaviour
from drill.canary import BAD, Run
from drill.course import Share, quantile
from drill.evidence import Evidence, evidence, spread
from drill.metrics import Source
from drill.product import SERVICE, Tempo
from drill.runs import Drill
from operations import rollouts
from operations.workloads import ROLLOUT_API
from settings import names
from settings.strategy import Release

GOOD = "good"
SOURCES: Mapping[str, Source] = {
    "metrics-down": Source.DOWN,
    "metrics-empty": Source.EMPTY,
    "metrics-nan": Source.NAN,
    "metrics-stale": Source.STALE,
}
"""Metrics that tell nothing about a version that may be good: none is promoted unseen (C-1)."""
KINDS = (GOOD, *BAD, *SOURCES)
STEPS = Release().steps
_OF_A_STEP = {"rollout-type": "Step"}
STEP_SECONDS, WINDOW_SECONDS = 12, 10
RELEASE: Mapping[str, Any] = {
    "step_seconds": STEP_SECONDS,
    "window_seconds": WINDOW_SECONDS,
    "analysis_seconds": 2,
}
TEMPO = Tempo(min_ready_seconds=1, progress_deadline_seconds=40)
OWN_TIMES: Mapping[str, Any] = {"step_seconds": 60}
OWN_TEMPO = Tempo(progress_deadline_seconds=40)
RUN_SECONDS = 400
COMPARED = ("errors-beyond-baseline", "slower-than-baseline")
"""The metrics of a step's end that read the old version beside the new one (decision 9)."""
AT_A_STEPS_END = ("5xx-0.5", "p95-250ms")
"""Kinds within the limits of R-P3-ABORT: what refuses them is the step's gate, or the comparison
with the old version, so their time is a matter of the step's length and of the traffic."""
RATE = 400
"""5 % of it over a step are more than the 100 requests that a judgement needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One release of one kind, and what the team was told of it."""

    kind: str
    run: Run
    messages: Sequence[str] = field(default=())
    compared: int = 0
    """Verdicts by comparison with the old version that it passed: two at each step's end."""

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
    stage.await_metrics(drill.stage)
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
    return Case(
        kind=kind,
        run=run,
        messages=stage.messages(drill.stage)[before:],
        compared=passed(_runs(drill)) if kind == GOOD else 0,
    )


def _runs(drill: Drill) -> list[Mapping[str, Any]]:
    live = drill.product.live()
    runs = drill.product.cluster.list(ROLLOUT_API, "AnalysisRun", names.APPLICATION_NAMESPACE)
    return rollouts.of_revision(runs, live)


def passed(runs: Iterable[Mapping[str, Any]]) -> int:
    """How many comparisons with the old version ended well, over the steps' own analyses."""
    results = (
        result
        for run in runs
        if _OF_A_STEP.items() <= run["metadata"].get("labels", {}).items()
        for result in run.get("status", {}).get("metricResults", [])
    )
    return sum(each["name"] in COMPARED and each["phase"] == "Successful" for each in results)


def judged(
    cases: Sequence[Case], rate: int, release: Mapping[str, Any] = RELEASE, broke: str = ""
) -> Evidence:
    """What the specification promises of each kind, and what was seen.

    `broke`: why the drill ended before all was tried; what it saw until then is kept.
    """
    good = [each for each in cases if each.kind == GOOD]
    bad = [each for each in cases if each.kind != GOOD]
    soon = [each for each in bad if each.kind not in AT_A_STEPS_END]
    took = [each.run.bad_to_stable for each in soon if each.run.bad_to_stable is not None]
    return evidence(
        "canary",
        promises={
            **({f"all was tried: {broke}": False} if broke else {}),
            "every good version is promoted": all(e.run.outcome == "promoted" for e in good),
            "its shares are those of its steps": all(each.agrees for each in good),
            "each of its steps compares it with the old version": all(
                each.compared == len(COMPARED) * len(STEPS) for each in good
            ),
            "no bad version is promoted": all(each.run.outcome == "aborted" for each in bad),
            "each with its reason": all(each.run.reason for each in bad),
            "no other version's answer fails": not sum(e.run.failed_of_others for e in cases),
            f"stable in under {canary.ABORT_SECONDS} s, P95": (
                quantile(took, 0.95) < canary.ABORT_SECONDS
            ),
            "the team is told: service, reason, version before": all(each.told for each in bad),
        },
        figures={
            "good": len(good),
            "bad": len(bad),
            "bad to stable, seconds": spread(took),
            "shares": _shares(good),
            "by kind": {
                kind: _figures(cases, kind) for kind in dict.fromkeys(e.kind for e in cases)
            },
        },
        runs=cases,
        settings={"requests a second": rate, "release": dict(release)},
    )


def _shares(cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    """Of each weight: all answers of all runs together, and how far the runs were off at most."""
    found: dict[str, dict[str, float]] = {}
    for told in (*STEPS, 100):
        own = [each for case in cases for each in case.run.shares if each.told == told]
        if not own:
            continue
        answers = sum(each.answers for each in own)
        whole = Share(
            told=told,
            answers=answers,
            seen=sum(each.seen * each.answers for each in own) / answers,
        )
        found[str(told)] = {
            "spans": len(own),
            "answers": answers,
            "seen": round(whole.seen, 2),
            "standard deviations off": round(whole.off, 2),
            "most off in one run": round(max(each.off for each in own), 2),
        }
    return found


def _figures(cases: Sequence[Case], kind: str) -> dict[str, Any]:
    own = [each for each in cases if each.kind == kind]
    took = [e.run.bad_to_stable for e in own if e.run.bad_to_stable is not None]
    return {
        "runs": len(own),
        "promoted": sum(each.run.outcome == "promoted" for each in own),
        "told": sum(each.told for each in own),
        "bad to stable": spread(took) if took else None,
        "seconds": round(max(each.run.seconds for each in own), 1),
        "reasons": sorted({each.run.reason for each in own}),
    }
