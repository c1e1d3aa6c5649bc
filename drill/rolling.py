"""A rolling update under load, and its undo (R-P2-ROLL)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from drill import course
from drill.evidence import Evidence, evidence, spread
from drill.runs import TAIL_SECONDS, Drill
from operations.readiness import assess

UNDO_SECONDS = 120
"""R-P2-ROLL: back in under two minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rolled:
    """One update of all pods, forth or back."""

    old: str
    new: str
    seconds: float
    """From the request for the version until every pod of it was available."""
    last_old_seconds: float
    """From the request until the last answer of the old version was asked for."""
    answers: int
    failed: int
    replicas: int
    least_ready: int


def roll(drill: Drill, old: str, new: str, seconds: float = 180) -> Rolled:
    """Replace the pods, and see who answered meanwhile."""
    began = time.time()
    drill.product.release(new)
    drill.await_(
        lambda _: assess(drill.product.live()).phase == "ready", f"{new} is rolled out", seconds
    )
    took = time.time() - began
    time.sleep(TAIL_SECONDS)
    answers = drill.answers(began)
    last = course.last_of(answers, old)
    return Rolled(
        old=old,
        new=new,
        seconds=took,
        last_old_seconds=last - began if last is not None else 0.0,
        answers=len(answers),
        failed=sum(each.failed for each in answers),
        replicas=int(drill.product.live()["spec"]["replicas"]),
        least_ready=min(each.ready for each in drill.course.since(began)),
    )


def judged(runs: Sequence[Rolled], rate: int) -> Evidence:
    """What the specification promises of a rolling update, and what was seen."""
    return evidence(
        "rolling",
        promises={
            "no request fails": not sum(run.failed for run in runs),
            "never fewer ready pods than replicas": all(
                run.least_ready >= run.replicas for run in runs
            ),
            f"back in under {UNDO_SECONDS} s": all(run.seconds < UNDO_SECONDS for run in runs),
        },
        figures={
            "answers": sum(run.answers for run in runs),
            "failed": sum(run.failed for run in runs),
            "seconds": spread([run.seconds for run in runs]),
        },
        runs=runs,
        settings={"requests a second": rate},
    )
