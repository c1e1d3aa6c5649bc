"""A stack that Argo CD follows: the rendered tree in a repository, and what becomes of a commit.

The tree is what `mpk render --kustomize` writes, file for file, for the stack of the drill. The
program has deployed the same objects before, as it does wherever Argo CD runs (decision 0042).
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drill import argocd, sessions
from drill.argocd import ArgoCd
from drill.product import DrillError, Tempo
from drill.repository import Repository
from drill.runs import Drill
from drill.sessions import Plan
from localcluster import Report, SimulatedNode, quiet
from operations.cluster import Cluster, Object, Place
from rendering import kustomize
from settings import load, names
from settings.loader import Settings

STACK = "production"
TREE = "infrastructure/kubernetes"
POLL_SECONDS = 0.25
_API = "argoproj.io/v1alpha1"
_SEALED = "bitnami.com/v1alpha1"
_WORKLOADS = ("Rollout", "Deployment")
LOOK_SECONDS = 60
"""How often Argo CD looks by itself where it is told of commits."""
_LOOK: Object = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
_OPENED: Object = {"status": {"conditions": [{"type": "Synced", "status": "True"}]}}


@dataclass(frozen=True, kw_only=True, slots=True)
class GitOps:
    """A cluster, the Argo CD beside it, and the repository that it follows."""

    cluster: Cluster
    argocd: ArgoCd
    repository: Repository
    given: Mapping[str, Any]
    """The stack as its file says it; a release changes an image tag in it."""
    tempo: Tempo

    def settings(self, **changes: Any) -> Settings:
        """The stack with these changes."""
        return load(STACK, {**self.given, **changes})

    def commit(self, message: str, **changes: Any) -> str:
        """Render the stack with these changes and push it; the commit."""
        files = tree(self.settings(**changes), self.tempo)
        return self.pushed(self.repository.commit(files, message))

    def pushed(self, commit: str) -> str:
        """Have every Application look, as the forge's webhook would; otherwise it looks in time."""
        for each in self.cluster.list(_API, "Application", names.GITOPS_NAMESPACE):
            place = Place(
                api_version=_API,
                kind="Application",
                namespace=names.GITOPS_NAMESPACE,
                name=each["metadata"]["name"],
            )
            self.cluster.merge(place, _LOOK)
        return commit

    def application(self, part: str) -> Object:
        """The Application of a service or of a part, as the cluster holds it."""
        name = names.application(part) if part else names.PROJECT
        found = self.cluster.get(_API, "Application", name, names.GITOPS_NAMESPACE)
        return found or {"metadata": {}, "spec": {}, "status": {}}

    def until(
        self, part: str, holds: Callable[["State"], bool], what: str, seconds: float = 90
    ) -> "State":
        """The first state of an Application for which it holds."""
        deadline = time.monotonic() + seconds
        while not holds(state := state_of(self.application(part))):
            if time.monotonic() > deadline:
                raise DrillError(f"waited {seconds:.0f} s in vain until {what}; it is {state}")
            time.sleep(POLL_SECONDS)
        return state

    def until_runs(self, part: str, commit: str, seconds: float = 90) -> "State":
        """Wait until it is as a commit says, and healthy."""
        return self.until(
            part,
            lambda s: (
                (s.synced, s.health, s.revision, s.running) == ("Synced", "Healthy", commit, False)
            ),
            f"{part} is at {commit[:7]}",
            seconds,
        )

    def open_sealed(self) -> None:
        """Say of each sealed secret that it is open, as its controller would: none runs here."""
        for each in self.cluster.list(_SEALED, "SealedSecret"):
            if each.get("status"):
                continue
            place = Place(
                api_version=_SEALED,
                kind="SealedSecret",
                namespace=each["metadata"]["namespace"],
                name=each["metadata"]["name"],
            )
            self.cluster.merge(place, _OPENED, subresource="status")


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What Argo CD says of an Application."""

    synced: str
    health: str
    revision: str
    """The commit that it was compared with last."""
    phase: str
    """Of the last sync."""
    message: str
    running: bool
    differing: tuple[str, ...]
    """The objects that are not as the commit says."""
    automated: bool

    def has(self, commit: str) -> bool:
        """Whether everything is as that commit says."""
        return (self.synced, self.revision, self.differing) == ("Synced", commit, ())


def state_of(application: Object) -> State:
    """What its status says."""
    status: Mapping[str, Any] = application.get("status") or {}
    sync: Mapping[str, Any] = status.get("sync") or {}
    last: Mapping[str, Any] = status.get("operationState") or {}
    health: Mapping[str, Any] = status.get("health") or {}
    policy: Mapping[str, Any] = application["spec"].get("syncPolicy") or {}
    return State(
        synced=str(sync.get("status", "")),
        health=str(health.get("status", "")),
        revision=str(sync.get("revision", "")),
        phase=str(last.get("phase", "")),
        message=str(last.get("message", "")),
        running="operation" in application or last.get("phase") == "Running",
        differing=tuple(
            f"{each['kind']}/{each['name']}"
            for each in status.get("resources", [])
            if each.get("status") == "OutOfSync"
        ),
        automated=bool(policy.get("automated")),
    )


def tree(settings: Settings, tempo: Tempo) -> dict[str, str]:
    """Every file of the rendered tree, by its path in the repository."""
    found = kustomize.overlay(settings, {})
    objects = {
        key: tempo.of(each) if each["kind"] in _WORKLOADS else each
        for key, each in found.objects.items()
    }
    files = kustomize.tree([replace(found, objects=objects)])
    return {f"{TREE}/{path}": text for path, text in files.items()}


@contextmanager
def opened(
    plan: Plan,
    nodes_of: Callable[[Settings], Sequence[SimulatedNode]],
    folder: Path,
    report: Report = quiet,
    only: Sequence[str] = (),
) -> Generator[tuple[Drill, GitOps]]:
    """A drill whose stack follows a repository in that folder; its tree is the first commit.

    `only`: the parts that Argo CD follows, where not all of them are asked about.
    """
    repository = Repository(folder)
    told = {"gitops": True, "repository": {"url": repository.url}}
    plan = replace(plan, more={**plan.more, **told})
    with sessions.opened(plan, nodes_of, report) as drill:
        found = drill.product
        given = found.settings.stack.model_dump(mode="json", exclude_unset=True)
        kept = {names.application(part) if part else names.PROJECT for part in only}
        for each in found.cluster.list(_API, "Application", names.GITOPS_NAMESPACE):
            name = each["metadata"]["name"]
            if only and name not in kept:
                found.cluster.delete(_API, "Application", name, names.GITOPS_NAMESPACE)
        report(0, 0, "starting Argo CD")
        following = GitOps(
            cluster=found.cluster,
            argocd=argocd.start(plan.name, found.settings, look_seconds=LOOK_SECONDS),
            repository=repository,
            given=given,
            tempo=found.tempo,
        )
        yield drill, following
