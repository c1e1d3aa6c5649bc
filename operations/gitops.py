"""Argo CD beside a way back: automatic sync goes off first, or it undoes the rollback (D-12, W-6).

It is switched on again by a person, once git says what runs: only they know which commit is wrong.
"""

from collections.abc import Iterable

from operations.cluster import Cluster, Object, Place
from settings import names

_API = "argoproj.io/v1alpha1"
_OFF: Object = {"spec": {"syncPolicy": {"automated": None}}}


def stop_syncing(cluster: Cluster, services: Iterable[str]) -> list[str]:
    """Switch automatic sync off for these services; a sentence for each that had it on."""
    told: list[str] = []
    for service in services:
        name, space = names.application(service), names.GITOPS_NAMESPACE
        found = cluster.get(_API, "Application", name, space)
        policy: Object = (found["spec"].get("syncPolicy") or {}) if found else {}
        if found is None or not policy.get("automated"):
            continue
        place = Place(api_version=_API, kind="Application", namespace=space, name=name)
        cluster.merge(place, _OFF)
        status: Object = found.get("status") or {}
        synced: Object = status.get("sync") or {}
        commit = str(synced.get("revision") or "that brought the version in")
        told.append(
            f"{name}: automatic sync is off. Revert the commit {commit} in git, and only then: "
            f"argocd app set {name} --sync-policy automated --self-heal --auto-prune"
        )
    return told
