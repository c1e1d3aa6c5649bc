"""When Argo CD applies each object of the rendered paths (decision 8): annotations, nothing else.

Configuration in wave -2, a service's migration in -1, what runs in 0, the Jobs of stores after the
stores in 1. A migration is a hook of its wave (decision 0071): a sync that is tried again leaves
out what is as git says, the Job that failed included, and would go on to the pods. Never a PreSync
hook, which could not see the Secrets of its own sync.
"""

from collections.abc import Mapping
from typing import Any, cast

from settings import names

CONFIGURATION, MIGRATION, WORKLOAD, AFTER = -2, -1, 0, 1
_RUNS = ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Rollout", "StatefulSet")
_COMPONENT = "app.kubernetes.io/component"
# A migration that ran stays: going back to a version names its Job again, and golang-migrate fails
# on files that are older than the database. One that failed goes, so that the next attempt is one.
_GATES = {
    "argocd.argoproj.io/hook": "Sync",
    "argocd.argoproj.io/hook-delete-policy": "HookFailed",
}

Object = Mapping[str, Any]


def in_its_wave(content: Object) -> Object:
    """The object as it stands in a rendered path; one that says its wave keeps it."""
    metadata = cast("dict[str, Any]", content["metadata"])
    said: Mapping[str, str] = metadata.get("annotations") or {}
    if names.WAVE in said:
        return content
    added = {names.WAVE: str(wave(content))} | (_GATES if _is_migration(content) else {})
    annotations = dict(sorted({**said, **added}.items()))
    ordered = dict(sorted({**metadata, "annotations": annotations}.items()))
    return {**content, "metadata": ordered}


def wave(content: Object) -> int:
    """The wave of an object."""
    kind = str(content["kind"])
    if kind == "Job":
        return MIGRATION if _is_migration(content) else AFTER
    if kind in ("VirtualService", "DestinationRule"):
        return _of_route(content, kind)
    return WORKLOAD if kind in _RUNS else CONFIGURATION


def _of_route(content: Object, kind: str) -> int:
    """A route never leads to a subset that is not there: subsets come first, and go last (C-5)."""
    routes = [each for rule in content["spec"].get("http", []) for each in rule.get("route", [])]
    split = bool(content["spec"].get("subsets")) or any(
        "subset" in each["destination"] for each in routes
    )
    first = "DestinationRule" if split else "VirtualService"
    return CONFIGURATION if kind == first else MIGRATION


def _is_migration(content: Object) -> bool:
    """A service's own; the topics of a store are made by a Job with the same role."""
    metadata: Mapping[str, Any] = content["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    own = metadata.get("namespace") == names.APPLICATION_NAMESPACE
    return content["kind"] == "Job" and own and labels.get(_COMPONENT) == "migration"
