"""What a workload has run before: its revisions, as its ReplicaSets keep them.

Deployments and Rollouts keep history alike, under different annotations. This is what
`kubectl rollout undo` reads, so the way back needs neither the program nor its checkout.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.cluster import Object
from settings import names

_REVISION = {
    "Deployment": "deployment.kubernetes.io/revision",
    "Rollout": "rollout.argoproj.io/revision",
}
_HASH = {"Deployment": "pod-template-hash", "Rollout": "rollouts-pod-template-hash"}
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """One state that a workload was in."""

    number: int
    version: str
    """The tag of the service's image."""
    pod_hash: str
    pods: int
    """Pods that still run."""
    schema: int | None
    """The schema version that its code was released with; None where nobody wrote it down."""
    template: Mapping[str, Any] = field(repr=False)
    """The pod template, without the hash that its controller adds."""
    annotations: Mapping[str, str] = field(repr=False)
    """The program's own annotations of the workload at that time."""


def revisions(workload: Object, replica_sets: Iterable[Object]) -> list[Revision]:
    """The workload's revisions, newest first."""
    uid = workload["metadata"].get("uid")
    own = [
        each
        for each in replica_sets
        if any(owner.get("uid") == uid for owner in each["metadata"].get("ownerReferences", []))
    ]
    found = [_revision(workload, each) for each in own]
    return sorted(found, key=lambda revision: -revision.number)


def version_of(template: Mapping[str, Any], service: str) -> str:
    """The image tag of a service's own container in a pod template."""
    for container in template["spec"]["containers"]:
        if container["name"] == service:
            image = str(container["image"]).partition("@")[0]
            _, colon, tag = image.rpartition(":")
            return tag if colon and "/" not in tag else UNKNOWN
    return UNKNOWN


def schema_of(annotations: Mapping[str, str]) -> int | None:
    """The schema version that an object's annotations tell."""
    told = annotations.get(names.SCHEMA_ANNOTATION, "")
    return int(told) if told.isdecimal() else None


def _revision(workload: Object, replica_set: Object) -> Revision:
    kind, service = str(workload["kind"]), str(workload["metadata"]["name"])
    metadata = replica_set["metadata"]
    annotations: dict[str, str] = metadata.get("annotations", {})
    own = {k: v for k, v in annotations.items() if k.startswith(names.ANNOTATION_PREFIX)}
    return Revision(
        number=int(annotations.get(_REVISION[kind], "0")),
        version=version_of(replica_set["spec"]["template"], service),
        pod_hash=str(metadata.get("labels", {}).get(_HASH[kind], "")),
        pods=int(replica_set.get("status", {}).get("replicas", 0)),
        schema=schema_of(own),
        template=_without_hash(replica_set["spec"]["template"], _HASH[kind]),
        annotations=own,
    )


def _without_hash(template: Mapping[str, Any], label: str) -> dict[str, Any]:
    metadata = {k: v for k, v in template["metadata"].items() if k != "creationTimestamp"}
    labels = {key: value for key, value in metadata.get("labels", {}).items() if key != label}
    return {**template, "metadata": {**metadata, "labels": labels}}
