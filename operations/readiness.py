"""Whether an object has become what it was asked to be, read from its status alone.

Pure functions over plain dictionaries: Deployments, StatefulSets and Jobs by the fields that their
controllers write, pods for the reason behind a wait. Everything else is ready once it exists.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from operations import rollouts

Phase = Literal["ready", "progressing", "failed", "paused"]
"""`paused`: nothing is wrong, and nothing more happens until a person decides."""

# What the kubelet reports where waiting longer helps nobody.
_HOPELESS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "CreateContainerError",
        "CrashLoopBackOff",
        "RunContainerError",
    }
)


@dataclass(frozen=True, slots=True)
class State:
    """Where an object stands, in a word and a sentence."""

    phase: Phase
    message: str = ""

    @property
    def good(self) -> bool:
        """Whether it is where it should be, if only until a person goes on."""
        return self.phase in ("ready", "paused")


def assess(content: Mapping[str, Any]) -> State:
    """The state of one object as the API server gives it."""
    match content.get("kind"):
        case "Deployment":
            return _deployment(content)
        case "Rollout":
            return _rollout(content)
        case "StatefulSet":
            return _stateful_set(content)
        case "Job":
            return _job(content)
        case "HorizontalPodAutoscaler":
            return _autoscaler(content)
        case _:
            return State("ready")


def has_progress(kind: str) -> bool:
    """Whether objects of this kind take time to become ready."""
    return kind in ("Deployment", "Rollout", "StatefulSet", "Job", "HorizontalPodAutoscaler")


def pod_trouble(pods: Iterable[Mapping[str, Any]]) -> State | None:
    """The first thing that keeps pods from running: hopeless reasons before mere waits."""
    waits: list[State] = []
    for pod in pods:
        for name, reason, message in _waiting(pod):
            text = f"container {name}: {reason}" + (f" ({message})" if message else "")
            if reason in _HOPELESS:
                return State("failed", text)
        for condition in pod.get("status", {}).get("conditions", []):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                waits.append(State("progressing", f"not scheduled: {condition.get('message', '')}"))
    return waits[0] if waits else None


def _waiting(pod: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    status = pod.get("status", {})
    for container in [
        *status.get("initContainerStatuses", []),
        *status.get("containerStatuses", []),
    ]:
        waiting = container.get("state", {}).get("waiting")
        if waiting:
            yield container["name"], waiting.get("reason", ""), waiting.get("message", "")


def _seen(content: Mapping[str, Any]) -> bool:
    observed = content.get("status", {}).get("observedGeneration", 0)
    return bool(observed >= content["metadata"].get("generation", 1))


def _condition(content: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    conditions: Sequence[Mapping[str, Any]] = content.get("status", {}).get("conditions", [])
    none: Mapping[str, Any] = {}
    return next((c for c in conditions if c["type"] == kind), none)


def _deployment(content: Mapping[str, Any]) -> State:
    wanted = int(content["spec"].get("replicas", 1))
    status = content.get("status", {})
    if not _seen(content):
        return State("progressing", "not seen by its controller yet")
    updated = int(status.get("updatedReplicas", 0))
    available = int(status.get("availableReplicas", 0))
    old = max(0, int(status.get("replicas", 0)) - updated)
    if updated >= wanted and old == 0 and available >= updated:
        return State("ready", f"{available}/{wanted} available")
    progressing = _condition(content, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return State("failed", str(progressing.get("message", "progress deadline exceeded")))
    if updated < wanted:
        return State("progressing", f"{updated}/{wanted} new")
    if old:
        return State("progressing", f"{old} old still run")
    return State("progressing", f"{available}/{wanted} available")


def _rollout(content: Mapping[str, Any]) -> State:
    status = content.get("status", {})
    if not rollouts.seen(content):
        return State("progressing", "not seen by its controller yet")
    message, phase = str(status.get("message", "")), status.get("phase")
    if phase == "Degraded":
        return State("failed", message or "degraded")
    if phase == "Healthy":
        available = int(status.get("availableReplicas", 0))
        return State("ready", f"{available}/{content['spec'].get('replicas', 1)} available")
    where = rollouts.told_step(content)
    if reason := rollouts.pause(content):
        told = rollouts.AWAITS_A_PERSON.get(reason, reason)
        return State("paused", f"{where}: {told}" if where else told)
    return State("progressing", ": ".join(filter(None, [where, message])) or "progressing")


def _stateful_set(content: Mapping[str, Any]) -> State:
    wanted = int(content["spec"].get("replicas", 1))
    status = content.get("status", {})
    ready = int(status.get("readyReplicas", 0))
    if not _seen(content):
        return State("progressing", "not seen by its controller yet")
    if status.get("updateRevision") != status.get("currentRevision"):
        return State("progressing", "an old pod still runs")
    phase: Phase = "ready" if ready >= wanted else "progressing"
    return State(phase, f"{ready}/{wanted} ready")


def _job(content: Mapping[str, Any]) -> State:
    failed = _condition(content, "Failed")
    if failed.get("status") == "True":
        return State("failed", str(failed.get("message") or failed.get("reason", "failed")))
    if _condition(content, "Complete").get("status") == "True":
        return State("ready", "complete")
    attempts = int(content.get("status", {}).get("failed", 0))
    return State("progressing", f"running, {attempts} attempts failed" if attempts else "running")


def _autoscaler(content: Mapping[str, Any]) -> State:
    """Ready once the fewest pods are asked for: a new Deployment without a scale has one (W-1)."""
    fewest = int(content["spec"].get("minReplicas", 1))
    current = int(content.get("status", {}).get("currentReplicas", 0))
    phase: Phase = "ready" if current >= fewest else "progressing"
    return State(phase, f"{current} pods, at least {fewest}")
