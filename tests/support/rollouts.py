"""Workloads, revisions and analysis as their controllers write them."""

import copy
from typing import Any

from operations import history

SERVICE = "auth-service"


def template(version: str) -> dict[str, Any]:
    """A pod template of the service."""
    container = {"name": SERVICE, "image": f"ghcr.io/manpasik/{SERVICE}:{version}"}
    return {"metadata": {"labels": {"app": SERVICE}}, "spec": {"containers": [container]}}


def deployment(version: str, **status: Any) -> dict[str, Any]:
    """A Deployment whose pods are all there."""
    done = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": SERVICE, "namespace": "manpasik", "uid": "u", "generation": 1},
        "spec": {"replicas": 1, "template": template(version)},
        "status": {**done, "readyReplicas": 1, **status},
    }


CANARY = {"canary": {"steps": [
    {"setWeight": 5}, {"pause": {"duration": "10m"}}, {"setWeight": 25}, {"pause": {}},
]}}  # fmt: skip


def rollout(
    version: str = "v2", strategy: dict[str, Any] | None = None, **status: Any
) -> dict[str, Any]:
    """A Rollout; what its controller says of it is given."""
    found = deployment(version)
    spec = {**found["spec"], "strategy": copy.deepcopy(strategy or CANARY)}
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": spec}
    seen = {"observedGeneration": "1", "currentPodHash": "new", "stableRS": "old"}
    return {**found, **head, "status": {**seen, **status}}


def replica_set(
    number: int, version: str, pod_hash: str, *, schema: int | None = 1, kind: str = "Deployment"
) -> dict[str, Any]:
    """A ReplicaSet that keeps a revision."""
    prefix = "rollout.argoproj.io" if kind == "Rollout" else "deployment.kubernetes.io"
    label = "rollouts-pod-template-hash" if kind == "Rollout" else "pod-template-hash"
    annotations = {f"{prefix}/revision": str(number)}
    if schema is not None:
        annotations["manpasik.com/schema-version"] = str(schema)
    kept = template(version)
    kept["metadata"]["labels"][label] = pod_hash
    return {
        "metadata": {
            "name": f"{SERVICE}-{pod_hash}",
            "labels": {label: pod_hash},
            "annotations": annotations,
            "ownerReferences": [{"uid": "u"}],
        },
        "spec": {"template": kept},
        "status": {},
    }


def analysis(phase: str = "Failed", pod_hash: str = "new", **result: Any) -> dict[str, Any]:
    """An AnalysisRun with one metric."""
    query = 'errors{hash="{{args.new-hash}}"}\n  /  {{ args.missing }}'
    metric = {"name": "error-ratio", "provider": {"prometheus": {"query": query}}}
    measured = {"phase": phase, "value": "0.034", "finishedAt": "t"}
    told = {"name": "error-ratio", "phase": phase, "count": 3, "measurements": [measured], **result}
    return {
        "metadata": {
            "labels": {"rollouts-pod-template-hash": pod_hash},
            "ownerReferences": [{"uid": "u"}],
        },
        "spec": {"metrics": [metric], "args": [{"name": "new-hash", "value": pod_hash}]},
        "status": {"phase": phase, "metricResults": [told]},
    }


def history_of(live: dict[str, Any]) -> list[history.Revision]:
    """Two revisions, v1 of hash `a` and then what is asked for, of hash `b`."""
    version = history.version_of(live["spec"]["template"], SERVICE)
    sets = [("v1", "a"), (version, "b")]
    found = [replica_set(n, v, h, kind=live["kind"]) for n, (v, h) in enumerate(sets, 1)]
    return history.revisions(live, found)
