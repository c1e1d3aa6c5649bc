"""The stack of `bench.gitops`, and what a person or the program does to it between two looks."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drill import gitops, sessions
from drill.gitops import GitOps
from drill.product import SERVICE, Tempo
from drill.runs import Drill
from localcluster import programs, record
from operations import rollouts
from operations.applyset import ApplySet
from operations.cluster import ClusterError, Object
from operations.deploy import Deployed, Deployment
from operations.shared import apply_shared, with_previous_version
from rendering import manifests
from rendering import record as recorded
from rendering.recorder import reveal
from settings import names
from settings.loader import load_catalog

AUTH = "auth-service"
SECONDS = 3000
RATE = 100
PARTS = ("", "platform", "data", AUTH, SERVICE)
MORE: Mapping[str, Any] = {"replicas": 4}
"""With which the autoscaler of the released service scales it by one pod."""
_ROLLOUT = ("argoproj.io/v1alpha1", "Rollout")
SLOW = 180.0
"""Seconds that a step may take on a machine that others use as well."""
PLAN = sessions.Plan(
    strategy="canary",
    seconds=SECONDS,
    rate=RATE,
    release={
        "step_seconds": 10,
        "window_seconds": 10,
        "analysis_seconds": 2,
        "thresholds": {"samples": 20},
    },
    tempo=Tempo(min_ready_seconds=1, progress_deadline_seconds=60),
    more={
        "services": {
            name: {"enabled": False} for name in load_catalog().services.keys() - {SERVICE, AUTH}
        }
    },
    name="bench-gitops",
    scrape_seconds=2,
)


class NotSeenError(Exception):
    """What the runbook says did not happen."""


@dataclass(kw_only=True)
class Walk:
    """The stack as it stands between two courses."""

    drill: Drill
    following: GitOps
    tags: dict[str, str]
    parts: Sequence[str]
    """What Argo CD follows."""

    def changes(self, **own: Mapping[str, Any]) -> dict[str, Any]:
        """What the stack says now: the product's tag is one service's, the other has its own.

        A migration comes with the product's tag, as its image does.
        """
        services: dict[str, Any] = dict(self.following.given["services"])
        for changes in ({SERVICE: {"image_tag": self.tags[SERVICE]}}, own):
            for name, more in changes.items():
                services[name] = {**services.get(name, {}), **more}
        return {"services": services, "images": {"tag": self.tags[AUTH]}}

    def commit(self, message: str, **own: Mapping[str, Any]) -> str:
        """Push the tree with these versions, and what else the stack says of services."""
        return self.following.commit(message, **self.changes(**own))

    def release(self, service: str, tag: str, **own: Mapping[str, Any]) -> str:
        """Commit another version of a service."""
        self.tags[service] = tag
        return self.commit(f"{service} {tag}", **own)

    def revert(self, commit: str, service: str, tag: str) -> str:
        """`git revert COMMIT && git push`, after which the service is at this version again."""
        self.tags[service] = tag
        return self.following.pushed(self.following.repository.revert(commit))

    def rollout(self, service: str) -> Object:
        """A service's Rollout as the cluster holds it."""
        found = self.following.cluster.get(*_ROLLOUT, service, names.APPLICATION_NAMESPACE)
        return found or {"metadata": {}, "spec": {}, "status": {}}

    def tag(self, service: str) -> str:
        """The version that its Rollout asks for."""
        template = self.rollout(service)["spec"]["template"]
        return str(template["spec"]["containers"][0]["image"]).rpartition(":")[2]

    def until(self, holds: Callable[[], bool], what: str, seconds: float = SLOW) -> None:
        """Wait until it holds."""
        deadline = time.monotonic() + seconds
        while not _answered(holds):
            must(time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}")
            time.sleep(0.25)

    def until_phase(self, service: str, tag: str, *phases: str) -> None:
        """Wait until a service's Rollout asks for a version and is in one of these phases."""

        def holds() -> bool:
            found = self.rollout(service)
            told = rollouts.seen(found) and found["status"].get("phase") in phases
            return told and self.tag(service) == tag

        try:
            self.until(holds, f"{service} {tag} is {' or '.join(phases)}")
        except NotSeenError as late:
            status = self.rollout(service).get("status", {})
            now = f"{self.tag(service)} {status.get('phase')}: {status.get('message', '')}"
            raise NotSeenError(f"{late}; it is {now}") from None

    def rollouts(self, *arguments: str) -> str:
        """`kubectl argo rollouts …`."""
        space = ("-n", names.APPLICATION_NAMESPACE)
        return self._run("kubectl-argo-rollouts", *arguments, *space)

    def shown(self, service: str) -> str:
        """`kubectl argo rollouts get rollout S`."""
        return self.rollouts("get", "rollout", service, "--no-color")

    def kubectl(self, *arguments: str) -> str:
        """`kubectl …`."""
        return self._run("kubectl", *arguments)

    def _run(self, name: str, *arguments: str) -> str:
        program = programs.ensure([name], programs.quiet)[name]
        done = subprocess.run(  # noqa: S603 - our own build of it
            [program, "--kubeconfig", self.directory / "kubeconfig", *arguments],
            env={"HOME": str(self.directory), "PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
        )
        must(done.returncode == 0, f"{' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    @property
    def directory(self) -> Path:
        """Where the cluster keeps its files."""
        return record.directory_of(PLAN.name)


def _answered(holds: Callable[[], bool]) -> bool:
    """Whether it holds; not, where a machine that others use as well is too busy to say."""
    try:
        return holds()
    except ClusterError:
        return False


def must(holds: bool, what: str) -> None:  # noqa: FBT001 - as `assert` takes it
    """Raise where the runbook is wrong."""
    if not holds:
        raise NotSeenError(what)


def apply_beside(walk: Walk, own: Mapping[str, Mapping[str, Any]]) -> int:
    """What `mpk up` would apply of the released service, forcing nothing; how many objects."""
    return _apply(walk, walk.changes(**own), lambda each: each["metadata"]["name"] == SERVICE)


def declare_again(walk: Walk) -> None:
    """What `mpk up` would apply of Argo CD's Applications."""
    _apply(walk, walk.changes(), lambda each: each["kind"] == "Application")


def deploy_beside(walk: Walk, own: Mapping[str, Mapping[str, Any]]) -> Future[Deployed]:
    """`mpk up` of the released service, forcing nothing, in a thread: it may wait for a sync."""
    following = walk.following
    found = [
        replace(each, content=following.tempo.of(each.content)) if each.kind == "Rollout" else each
        for each in manifests(recorded(following.settings(**walk.changes(**own))))
        if each.name == SERVICE
    ]
    deployment = Deployment(following.cluster, gitops.STACK, found, partial=True)
    return ThreadPoolExecutor(1).submit(deployment.run, SECONDS / 3)


def _apply(walk: Walk, changes: Mapping[str, Any], wanted: Callable[[Object], bool]) -> int:
    following = walk.following
    members = ApplySet(following.cluster, gitops.STACK)
    found = [
        following.tempo.of(each.content) if each.kind == "Rollout" else each.content
        for each in manifests(recorded(following.settings(**changes)))
        if wanted(dict(each.content))
    ]
    for each in found:
        content = members.labelled(reveal(each))
        metadata = content["metadata"]
        live = following.cluster.get(
            content["apiVersion"], content["kind"], metadata["name"], metadata["namespace"]
        )
        apply_shared(following.cluster, with_previous_version(live, content))
    return len(found)


def called(walk: Walk, *arguments: str) -> str:
    """`argocd …`, which must succeed."""
    done = walk.following.argocd(*arguments)
    must(done.returncode == 0, f"argocd {' '.join(arguments)}: {done.stderr.strip()[-300:]}")
    return done.stdout


SYNC_ON = ("--sync-policy", "automated", "--self-heal", "--auto-prune")


def mend(walk: Walk, good: Mapping[str, str]) -> None:
    """Bring the stack back to these versions, where a course ended in the middle."""
    walk.tags = dict(good)
    commit = walk.commit("as it was")
    for service in (each for each in (AUTH, SERVICE) if each in walk.parts):
        called(walk, "app", "set", names.application(service), *SYNC_ON)
        walk.until(lambda s=service: walk.tag(s) == good[s], "git's version is asked for")
        walk.rollouts("promote", service, "--full")
        walk.following.until_runs(service, commit, SLOW)


def jobs(walk: Walk, tag: str) -> list[Object]:
    """The migrations of a version that are complete."""
    found = walk.following.cluster.list("batch/v1", "Job", names.APPLICATION_NAMESPACE)
    return [
        each
        for each in found
        if tag in str(each["spec"]["template"]) and "completionTime" in each.get("status", {})
    ]


def replica_sets(walk: Walk, service: str) -> list[Object]:
    """A service's, of every version."""
    selector = f"app.kubernetes.io/name={service}"
    return walk.following.cluster.list(
        "apps/v1", "ReplicaSet", names.APPLICATION_NAMESPACE, selector
    )
