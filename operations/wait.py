"""Waiting for objects to become what they were asked to be, and explaining those that do not.

Reads one list per kind and namespace and look, whatever the number of objects. A reason that may
pass by itself must persist before it counts as a failure.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from operations import rollouts
from operations.cluster import Cluster, Object
from operations.readiness import State, assess, has_progress, pod_trouble
from rendering.manifest import Manifest

POLL_SECONDS = 0.5
# A registry that answers late, a container that starts at the second try.
PATIENCE_SECONDS = 15.0
TIMEOUT_SECONDS = 600.0
LAST_EVENTS = 5
NOT_THERE = "is not there: it was deleted, or never made"

Change = Literal["created", "changed", "unchanged", "pending", "blocked", "refused"]


@dataclass(slots=True)
class Progress:
    """Where one object stands; changes while it is waited for."""

    urn: str
    api_version: str
    kind: str
    namespace: str
    name: str
    change: Change = "pending"
    state: State = field(default_factory=lambda: State("progressing", "waits for others"))
    started: float | None = None
    seconds: float | None = None
    troubled_since: float | None = None
    scheduled_seconds: float = 0.0
    """Pauses of its own that it takes on its way; waiting for them is no fault."""
    events: list[str] = field(default_factory=list[str])

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state.phase != "progressing"

    def settle(self, state: State) -> None:
        """Take the last state and the time it took."""
        now = time.monotonic()
        self.state = state
        self.seconds = now - (self.started or now)


Report = Callable[[Sequence[Progress]], None]
"""Is told where everything stands, at every look."""


def progress_of(manifest: Manifest) -> Progress:
    """A manifest that nothing has happened to yet."""
    return Progress(
        urn=manifest.urn,
        api_version=str(manifest.content["apiVersion"]),
        kind=manifest.kind,
        namespace=manifest.namespace,
        name=manifest.name,
    )


def until_ready(
    cluster: Cluster,
    manifests: Sequence[Manifest],
    report: Report,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> list[Progress]:
    """Wait for what somebody else applied: its workloads and Jobs."""
    waited = [progress_of(manifest) for manifest in manifests if has_progress(manifest.kind)]
    for progress in waited:
        progress.started = time.monotonic()
        progress.change = "unchanged"
    follow(cluster, waited, report, timeout_seconds)
    return waited


def follow(
    cluster: Cluster,
    found: Sequence[Progress],
    report: Report,
    timeout_seconds: float,
    look_seconds: float = POLL_SECONDS,
    act: Callable[[], None] = lambda: None,
) -> None:
    """Wait until all of them have settled, one way or the other; `act` before each look."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        act()
        look(cluster, found)
        report(found)
        if all(progress.settled for progress in found):
            return
        if overdue(found, deadline):
            give_up(found, timeout_seconds)
            return
        time.sleep(look_seconds)


def overdue(progresses: Sequence[Progress], deadline: float) -> bool:
    """Whether the time is up, the pauses of canaries that still go on not counted."""
    scheduled = max((p.scheduled_seconds for p in progresses if not p.settled), default=0.0)
    return time.monotonic() > deadline + scheduled


def give_up(progresses: Sequence[Progress], timeout_seconds: float) -> None:
    """Settle what is not ready in time."""
    for progress in progresses:
        if not progress.settled:
            message = f"not ready after {timeout_seconds:.0f} s: {progress.state.message}"
            progress.settle(State("failed", message))


def look(cluster: Cluster, progresses: Sequence[Progress]) -> None:
    """Read the state of everything that was applied and has not settled."""
    waiting = [p for p in progresses if p.started is not None and not p.settled]
    live: dict[tuple[str, str, str], Object] = {}
    pods: dict[str, list[Object]] = {}
    for api_version, kind, namespace in {(p.api_version, p.kind, p.namespace) for p in waiting}:
        for found in cluster.list(api_version, kind, namespace):
            live[kind, namespace, found["metadata"]["name"]] = found
        if namespace not in pods:
            pods[namespace] = cluster.list("v1", "Pod", namespace)
    for progress in waiting:
        found = live.get((progress.kind, progress.namespace, progress.name))
        _judge(cluster, progress, found, pods[progress.namespace])


def _judge(
    cluster: Cluster, progress: Progress, live: Object | None, pods: Sequence[Object]
) -> None:
    if live is None:
        progress.settle(State("failed", NOT_THERE))
        return
    state = assess(live)
    if progress.kind == "Rollout":
        progress.scheduled_seconds = rollouts.scheduled_seconds(live)
    own_pods = _pods_of(live, pods)
    if state.phase == "progressing" or _may_be_stale(live, state):
        state = _with_trouble(progress, state, own_pods)
    if state.phase == "progressing":
        progress.state = state
        return
    if state.phase == "failed":
        progress.events = [
            *_verdicts(cluster, live),
            *_last_events(cluster, progress, own_pods),
        ]
    progress.settle(state)


def _may_be_stale(live: Object, state: State) -> bool:
    """An exceeded deadline stays until the pods move again, cause mended or not.

    An aborted Rollout is not late: its controller has decided.
    """
    aborted = live.get("status", {}).get("abort", False)
    late = live["kind"] == "Deployment" or (live["kind"] == "Rollout" and not aborted)
    return late and state.phase == "failed"


def _with_trouble(progress: Progress, state: State, pods: Sequence[Object]) -> State:
    trouble = state if state.phase == "failed" else pod_trouble(pods)
    if trouble is None or trouble.phase == "progressing":
        progress.troubled_since = None
        return State("progressing", f"{state.message}; {trouble.message}") if trouble else state
    now = time.monotonic()
    progress.troubled_since = progress.troubled_since or now
    if now - progress.troubled_since < PATIENCE_SECONDS:
        return State("progressing", trouble.message)
    return trouble


def _verdicts(cluster: Cluster, live: Object) -> list[str]:
    """What the analysis of a failed Rollout saw, and asked."""
    if live["kind"] != "Rollout":
        return []
    runs = cluster.list(live["apiVersion"], "AnalysisRun", live["metadata"]["namespace"])
    return list(rollouts.verdicts(rollouts.of_revision(runs, live)))


def _last_events(cluster: Cluster, progress: Progress, pods: Sequence[Object]) -> list[str]:
    concerned = {progress.name, *(pod["metadata"]["name"] for pod in pods)}
    events = [
        event
        for event in cluster.list("v1", "Event", progress.namespace)
        if event["involvedObject"].get("name") in concerned
    ]
    events.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    return [
        f"{event.get('type')} {event.get('reason')}: {event.get('message')}"
        for event in events[-LAST_EVENTS:]
    ]


def _pods_of(live: Object, pods: Sequence[Object]) -> list[Object]:
    """The pods that a workload's selector chooses."""
    wanted: Mapping[str, str] = live["spec"].get("selector", {}).get("matchLabels", {})
    return [
        pod
        for pod in pods
        if wanted and wanted.items() <= pod["metadata"].get("labels", {}).items()
    ]
