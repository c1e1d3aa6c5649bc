"""The course of a release: what the controllers said and when, beside what the callers got.

What counts is what the prober saw. The controllers' own words (weights, steps, verdicts) only say
which seconds to look at.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drill import mesh
from drill.prober import Answer
from drill.watching import Kind, Object, Watched
from localcluster.api import Endpoint
from settings import names

_SPACE = f"namespaces/{names.APPLICATION_NAMESPACE}"
KINDS = (
    Kind(name="rollouts", path=f"/apis/argoproj.io/v1alpha1/{_SPACE}/rollouts"),
    Kind(name="deployments", path=f"/apis/apps/v1/{_SPACE}/deployments"),
    Kind(name="runs", path=f"/apis/argoproj.io/v1alpha1/{_SPACE}/analysisruns"),
    Kind(name="services", path=f"/api/v1/{_SPACE}/services"),
    Kind(name="virtual_services", path=f"/apis/networking.istio.io/v1/{_SPACE}/virtualservices"),
    Kind(
        name="destination_rules",
        path=f"/apis/networking.istio.io/v1/{_SPACE}/destinationrules",
    ),
)
LIST_SECONDS = 10.0
CONFIDENCE = 4.0
"""Standard deviations that a share may be off by before it is called another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """How a service stood from one moment on."""

    at: float
    phase: str
    message: str
    step: int | None
    weights: Mapping[str, int]
    stable: str
    """Hash of the template whose pods hold the whole load at rest."""
    active: str
    """Hash of the colour that the Service chooses; of a canary the stable one."""
    current: str
    """Hash of the template that is being released, or was last."""
    ready: int
    verdicts: Mapping[str, str]
    """Of the analyses that judge the current template: phase, by name."""
    reason: str
    """What the failed one of them says."""


class Course:
    """Watches one service from its making on; every change is a moment."""

    def __init__(self, api: Endpoint, service: str) -> None:
        """Begin; returns once everything was read once."""
        self.service = service
        self.moments: list[Moment] = []
        self._changed = threading.Condition()
        self._watched = Watched(api, KINDS, self._note)
        self._watched.wait(LIST_SECONDS)
        self._note()

    def wait(self, holds: Callable[[Moment], bool], seconds: float) -> Moment | None:
        """The first moment from now on for which it holds; None if there is none in that time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (self.moments and holds(self.moments[-1])):
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)
            return self.moments[-1]

    def since(self, at: float) -> list[Moment]:
        """The moments from then on, first the one that held already."""
        before = [each for each in self.moments if each.at < at]
        return [*before[-1:], *(each for each in self.moments if each.at >= at)]

    def _note(self) -> None:
        if not hasattr(self, "_watched"):
            return
        found = self._watched.snapshot()
        moment = moment_of(self.service, found, time.time())
        with self._changed:
            if moment and (not self.moments or _differ(self.moments[-1], moment)):
                self.moments.append(moment)
                self._changed.notify_all()


def moment_of(service: str, found: Mapping[str, Sequence[Object]], at: float) -> Moment | None:
    """How a service stands by what the API server holds; None where it is not there."""
    held = [
        each
        for each in (*found["rollouts"], *found["deployments"])
        if each["metadata"]["name"] == service
    ]
    if not held:
        return None
    status: Mapping[str, Any] = held[0].get("status", {})
    current, stable = status.get("currentPodHash", ""), status.get("stableRS", "")
    runs = [each for each in found["runs"] if _judges(each, service, current)]
    failed = [each for each in runs if each.get("status", {}).get("phase") in _BAD]
    configuration = mesh.Configuration(
        services=found["services"],
        virtual_services=found["virtual_services"],
        destination_rules=found["destination_rules"],
    )
    return Moment(
        at=at,
        phase=status.get("phase", ""),
        message=status.get("message", ""),
        step=status.get("currentStepIndex"),
        weights=mesh.weights(configuration, service),
        stable=stable,
        active=status.get("blueGreen", {}).get("activeSelector") or stable,
        current=current,
        # While a Rollout takes over from a Deployment, the pods of both answer.
        ready=sum(each.get("status", {}).get("readyReplicas", 0) for each in held),
        verdicts={e["metadata"]["name"]: e.get("status", {}).get("phase", "") for e in runs},
        reason=" ".join(str(each["status"].get("message", "")) for each in failed),
    )


_BAD = ("Failed", "Error", "Inconclusive")


def _judges(run: Object, service: str, template: str) -> bool:
    owners = run["metadata"].get("ownerReferences", [])
    labels = run["metadata"].get("labels", {})
    mine = any(each["kind"] == "Rollout" and each["name"] == service for each in owners)
    return mine and labels.get("rollouts-pod-template-hash") == template


def _differ(one: Moment, other: Moment) -> bool:
    def content(of: Moment) -> tuple[Any, ...]:
        return (
            of.phase, of.message, of.step, of.weights, of.stable, of.active, of.current, of.ready,
            of.verdicts, of.reason,
        )  # fmt: skip

    return content(one) != content(other)


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What part of the answers a version gave while the mesh was told to give it a part."""

    told: int
    """Per cent."""
    answers: int
    seen: float
    """Per cent."""

    @property
    def off(self) -> float:
        """How far the two are apart, in standard deviations of such a draw."""
        part = self.told / 100
        spread = math.sqrt(max(part * (1 - part), 1e-9) / max(self.answers, 1)) * 100
        return abs(self.seen - self.told) / spread

    @property
    def agrees(self) -> bool:
        """Whether chance explains the difference."""
        if self.told in (0, 100):
            return self.seen == self.told
        return self.off <= CONFIDENCE


def shares(
    answers: Iterable[Answer], moments: Sequence[Moment], subset: str, version: str, settle: float
) -> list[Share]:
    """For each weight that was told to a subset: what the callers saw of its version.

    `settle` seconds after a change are left out: the time in which the mesh hears of it.
    """
    found = list(answers)
    result: list[Share] = []
    for told, since, until in spans(moments, subset):
        held = [each for each in found if since + settle <= each.at < until and each.version]
        if held:
            count = sum(each.version == version for each in held)
            result.append(Share(told=told, answers=len(held), seen=100 * count / len(held)))
    return result


def spans(moments: Sequence[Moment], subset: str) -> list[tuple[int, float, float]]:
    """Each weight of a subset, and from when to when it held."""
    found: list[tuple[int, float, float]] = []
    for moment, following in zip(moments, [*moments[1:], None], strict=True):
        weight = moment.weights.get(subset, 0)
        until = following.at if following else math.inf
        if found and found[-1][0] == weight:
            found[-1] = (weight, found[-1][1], until)
        else:
            found.append((weight, moment.at, until))
    return found


def last_of(answers: Iterable[Answer], version: str) -> float | None:
    """When the last request was asked that a version answered."""
    return max((each.at for each in answers if each.version == version), default=None)


def statuses(answers: Iterable[Answer]) -> dict[str, int]:
    """How many answers of each status."""
    return {str(key): count for key, count in sorted(Counter(a.status for a in answers).items())}


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which that part of them lies; 0 without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)] if ordered else 0.0
