"""A live service moved from one strategy to the next under load, its version unchanged (2 → 3 → 4).

From a Deployment to a Rollout with canaries, then to two colours: what the callers got meanwhile.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from drill import product
from drill.evidence import Evidence, evidence
from drill.product import DrillError
from drill.runs import TAIL_SECONDS, Drill
from operations.readiness import assess
from settings.strategy import Strategy

ORDER: Sequence[Strategy] = ("rolling", "canary", "blue-green")


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """One move."""

    old: str
    new: str
    seconds: float
    """From the deployment's begin to its end."""
    answers: int
    failed: int
    least_ready: int
    replicas: int


def move(drill: Drill, kubeconfig: str, strategy: Strategy) -> Moved:
    """Deploy the same version with another strategy, and see who was answered meanwhile."""
    before, began = drill.product.settings, time.time()
    wanted = replace(
        before, stack=before.stack.model_copy(update={"strategy": strategy, "mesh": True})
    )
    drill.product = product.deploy(kubeconfig, wanted, drill.product.tempo)
    took = time.time() - began
    time.sleep(TAIL_SECONDS)
    live, answers = drill.product.live(), drill.answers(began)
    if assess(live).phase != "ready":
        raise DrillError(f"after the move to {strategy} the service is not ready")
    return Moved(
        old=before.delivery.strategy,
        new=wanted.delivery.strategy,
        seconds=took,
        answers=len(answers),
        failed=sum(each.failed for each in answers),
        least_ready=min(each.ready for each in drill.course.since(began)),
        replicas=int(live["spec"]["replicas"]),
    )


def judged(runs: Sequence[Moved], rate: int) -> Evidence:
    """What a move must not do, and what was seen."""
    return evidence(
        "move",
        promises={
            "no request fails": not sum(run.failed for run in runs),
            "never fewer ready pods than replicas": all(
                run.least_ready >= run.replicas for run in runs
            ),
        },
        figures={f"{run.old} to {run.new}, seconds": round(run.seconds, 1) for run in runs}
        | {"answers": sum(run.answers for run in runs), "failed": sum(run.failed for run in runs)},
        runs=runs,
        settings={"requests a second": rate},
    )
