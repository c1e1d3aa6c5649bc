"""Everybody who writes on a canary at once: the program, the autoscaler, Argo Rollouts, Argo CD.

The program applies its objects every second, forcing nothing. In the middle a commit gives the
service one pod more, and a whole deployment of the program begins with its push, before Argo CD has
heard of it (issue 6, line 5; decision 0071).
"""

import time
from concurrent.futures import Future
from dataclasses import dataclass

from bench.gitops_walk import MORE, SLOW, NotSeenError, Walk, apply_beside, deploy_beside, must
from drill import gitops
from drill.product import SERVICE
from drill.writers import Sight, Writers, runs_of
from localcluster import record
from operations.deploy import Deployed
from operations.shared import AheadOfSyncError

_GROWS_AT = 25
"""The weight, in per cent, in the middle of which the pods become more."""
_WEIGHTS = [5, 25, 50]
_COMMITS = 2
_CHANGED = {f"HorizontalPodAutoscaler/{SERVICE}", f"Rollout/{SERVICE}"}


@dataclass(kw_only=True, slots=True)
class _Beside:
    """What the program did meanwhile."""

    applied: int = 0
    waited: int = 0
    """Applies that waited for the sync of a commit which was pushed already."""
    commit: str = ""
    deployed: Future[Deployed] | None = None


def ownership(walk: Walk) -> str:
    """A whole canary while the program applies, the autoscaler scales and Argo CD heals."""
    walk.until_phase(SERVICE, walk.tags[SERVICE], "Healthy")
    api = record.endpoint(walk.directory, record.load(walk.directory))
    writers, began, beside = Writers(api, SERVICE), time.time(), _Beside()
    walk.release(SERVICE, "v7.1.0")
    walk.until_phase(SERVICE, "v7.1.0", "Progressing", "Paused")
    while walk.rollout(SERVICE)["status"].get("phase") in ("Progressing", "Paused"):
        if not beside.commit and writers.sights[-1].weight >= _GROWS_AT:
            beside.commit = walk.commit("more pods", **{SERVICE: MORE})
            beside.deployed = deploy_beside(walk, {SERVICE: MORE})
        _apply(walk, beside)
        time.sleep(1)
    walk.until_phase(SERVICE, "v7.1.0", "Healthy")
    differing = _judged(writers.since(began))
    return (
        f"weights {_WEIGHTS}, pods [3, 4], {beside.applied} applies by the program without a "
        f"conflict; {_deployed(beside)}; OutOfSync only from push to sync: {', '.join(differing)}"
    )


def _apply(walk: Walk, beside: _Beside) -> None:
    state = gitops.state_of(walk.following.application(SERVICE))
    synced = not beside.commit or state.has(beside.commit)
    try:
        beside.applied += apply_beside(walk, {SERVICE: MORE} if beside.commit else {})
    except AheadOfSyncError as ahead:
        must(not synced, str(ahead))
        beside.waited += 1


def _judged(seen: list[Sight]) -> list[str]:
    """What differed, after all else was found right."""
    weights, pods = runs_of([s.weight for s in seen]), runs_of([s.replicas for s in seen])
    must([w for w in weights if w not in (0, 100)] == _WEIGHTS, f"weights {weights}")
    must(pods == [3, 4], f"pods {pods}")
    must(all(s.pinned for s in seen), "a subset lost its version")
    differ = [frozenset(e for e in s.differing if e.endswith(f"/{SERVICE}")) for s in seen]
    times = runs_of([bool(each) for each in differ]).count(True)
    # What a commit changed, between its push and its sync, and nothing afterwards.
    must(times <= _COMMITS, f"OutOfSync {times} times after {_COMMITS} commits")
    found = sorted(frozenset[str]().union(*differ))
    must(set(found) <= _CHANGED, f"OutOfSync: {found}")
    return found


def _deployed(beside: _Beside) -> str:
    if beside.deployed is None or not beside.applied:
        raise NotSeenError("the program or the autoscaler did not write")
    done = beside.deployed.result(SLOW)
    must(done.succeeded, str([(p.kind, p.state.message) for p in done.failures]))
    return (
        f"a deployment begun with the push went through in {done.seconds:.0f} s "
        f"({beside.waited} applies waited for the sync)"
    )
