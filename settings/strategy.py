"""How a version goes out: which strategy, in which steps, and what stops it.

The phase implies strategy, mesh and GitOps; each can be set by itself. The figures are those of the
specification (R-P2-ROLL, R-P3-CAN, R-P3-ABORT, R-P4-BG, D-6, D-8); tests set seconds where it says
minutes. Pure: the queries and objects are made elsewhere from what stands here.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings import chart_names, signals
from settings.model import Model

Strategy = Literal["rolling", "canary", "blue-green"]
BY_PHASE: dict[int, Strategy] = {1: "rolling", 2: "rolling", 3: "canary", 4: "blue-green"}
MESH_FROM_PHASE = 3
GITOPS_FROM_PHASE = 3

Seconds = Annotated[int, Field(ge=1, le=86400)]
Percent = Annotated[int, Field(ge=1, le=99)]


def _rising(steps: tuple[int, ...]) -> tuple[int, ...]:
    if list(steps) != sorted(set(steps)):
        raise ValueError("steps must rise, each once; write them like [5, 25, 50]")
    return steps


Steps = Annotated[tuple[Percent, ...], Field(min_length=1), AfterValidator(_rising)]
_WATCH_SECONDS: dict[Strategy, int] = {"rolling": 1800, "canary": 1800, "blue-green": 600}
"""R-CHECK says 30 minutes after a release, R-P4-BG 10 minutes after a switch."""
# Between the end of the watch and the idle colour's own: the last verdict must find it warm.
_IDLE_SPARE_SECONDS = 60
# A dead controller or scrape shows by the age of the newest sample. With the specification's window
# as long as the controller bears a Prometheus that does not answer (five errors, 10 s apart).
_STALE_WINDOWS = 2


class Thresholds(Model):
    """What a version may do before it is stopped."""

    error_ratio: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Errors in requests: a step passes below (R-P3-CAN), a release aborts above (R-P3-ABORT)."""

    p95_ms: Seconds = 200
    """A step passes below this 95th percentile, in milliseconds (D-6)."""

    p99_ms: Seconds = 1000
    """A release aborts above this 99th percentile, in milliseconds (D-6)."""

    slower_ms: Seconds = 100
    """By how many milliseconds the new version's 95th percentile may exceed the old one's."""

    samples: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """Requests below which no ratio and no percentile counts: with fewer than 100, one stray error
    is more than 1 % (C-2)."""

    errors: Annotated[int, Field(ge=2, le=1000)] = 3
    """Errors below which no ratio counts, however few the requests: strays are no trend (C-2)."""


class Release(Model):
    """How versions go out in a stack, where it differs from the specification."""

    steps: Steps = (5, 25, 50)
    """The canary's shares of the traffic in percent, rising; 100 follows by itself (R-P3-CAN)."""

    step_seconds: Seconds = 600
    """How long each step lasts, and over how long it is judged at its end (R-P3-CAN)."""

    watch_seconds: Seconds | None = None
    """How long a release is watched once it has all traffic. Absent: 30 minutes, blue-green 10."""

    analysis_seconds: Seconds = 5
    """How often a running release is judged."""

    window_seconds: Seconds = signals.WINDOW_SECONDS
    """Over how long the recorded rates are taken; whoever records them must take the same."""

    abort_scale_down_seconds: Annotated[int, Field(ge=30, le=3600)] = 30
    """How long an aborted version's pods stay: the mesh must have heard first (C-5)."""

    traffic_percent: Annotated[float, Field(gt=0, le=10_000)] = 100
    """This stack's traffic in percent of what the catalogue states for each service."""

    metrics: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] = chart_names.METRICS_URL
    """Where the controller asks for metrics (a Prometheus API)."""

    thresholds: Thresholds = Thresholds()
    """What stops a version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What a stack's phase and its own words come to."""

    strategy: Strategy
    meshed: bool
    strict: bool
    """Whether the mesh refuses what is not encrypted and named; not while services move into it."""
    gitops: bool
    release: Release

    @property
    def watch_seconds(self) -> int:
        """How long a release is watched when all traffic is on it."""
        return self.release.watch_seconds or _WATCH_SECONDS[self.strategy]

    @property
    def idle_seconds(self) -> int:
        """How long the idle colour stays warm after a switch, beyond the watch (decision 10)."""
        return max(600, self.watch_seconds) + _IDLE_SPARE_SECONDS

    @property
    def first_look_seconds(self) -> int:
        """When a new pod's numbers are there: one scrape and one whole window (C-4)."""
        return signals.SCRAPE_SECONDS + self.release.window_seconds

    @property
    def stale_seconds(self) -> int:
        """How old the newest number may be."""
        return _STALE_WINDOWS * self.release.window_seconds
