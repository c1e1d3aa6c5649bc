"""The runbook walked through beside the real Argo CD, as a table: what was typed, what was seen.

    python -m bench.gitops
    python -m bench.gitops --only ownership

On a local cluster of its own: the real Argo CD with auto-sync and self-heal, Argo Rollouts,
Prometheus and autoscaler follow the rendered tree of two services in a repository on disk, beside
the program's own applies (issue 6, acceptances 5 and 6). A course that does not hold is told, and
the next begins.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import localcluster
from cli.embedded import nodes_of
from drill import argocd, gitops, sessions
from drill.behaviour import Behaviour
from drill.gitops import GitOps
from drill.product import SERVICE, DrillError, Tempo
from drill.runs import Drill
from drill.writers import Writers, runs_of
from localcluster import LocalClusterError, programs, record
from operations import rollback
from operations.applyset import ApplySet
from operations.cluster import ClusterError, Object
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
_SLOW = 180.0
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

    def changes(self, **own: Mapping[str, Any]) -> dict[str, Any]:
        """What the stack says now: the product's tag is one service's, the other has its own.

        A migration comes with the product's tag, as its image does.
        """
        services: dict[str, Any] = dict(self.following.given["services"])
        for name, more in {SERVICE: {"image_tag": self.tags[SERVICE]}, **own}.items():
            services[name] = {**services.get(name, {}), **more}
        return {"services": services, "images": {"tag": self.tags[AUTH]}}

    def commit(self, message: str, **own: Mapping[str, Any]) -> str:
        """Push the tree with these versions, and what else the stack says of services."""
        return self.following.commit(message, **self.changes(**own))

    def release(self, service: str, tag: str, **own: Mapping[str, Any]) -> str:
        """Commit another version of a service."""
        self.tags[service] = tag
        return self.commit(f"{service} {tag}", **own)

    def rollout(self, service: str) -> Object:
        """A service's Rollout as the cluster holds it."""
        found = self.following.cluster.get(*_ROLLOUT, service, names.APPLICATION_NAMESPACE)
        return found or {"metadata": {}, "spec": {}, "status": {}}

    def tag(self, service: str) -> str:
        """The version that its Rollout asks for."""
        template = self.rollout(service)["spec"]["template"]
        return str(template["spec"]["containers"][0]["image"]).rpartition(":")[2]

    def until(self, holds: Callable[[], bool], what: str, seconds: float = _SLOW) -> None:
        """Wait until it holds."""
        deadline = time.monotonic() + seconds
        while not _answered(holds):
            must(time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}")
            time.sleep(0.25)

    def until_phase(self, service: str, tag: str, *phases: str) -> None:
        """Wait until a service's Rollout asks for a version and is in one of these phases."""

        def holds() -> bool:
            status: Mapping[str, Any] = self.rollout(service).get("status", {})
            return self.tag(service) == tag and status.get("phase") in phases

        self.until(holds, f"{service} {tag} is {' or '.join(phases)}")

    def rollouts(self, *arguments: str) -> str:
        """`kubectl argo rollouts …`."""
        kubeconfig = self.directory / "kubeconfig"
        program = programs.ensure(["kubectl-argo-rollouts"], programs.quiet)
        command = [program["kubectl-argo-rollouts"], "--kubeconfig", kubeconfig, *arguments]
        done = subprocess.run(  # noqa: S603 - our own build of it
            [*command, "-n", names.APPLICATION_NAMESPACE],
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


def adopted(walk: Walk) -> str:
    """What the program has deployed is found as git has it, and no pod is made anew."""
    before = {name: walk.rollout(name)["status"]["stableRS"] for name in (AUTH, SERVICE)}
    commit = walk.commit("as deployed")
    for part in PARTS:

        def holds(part: str = part) -> bool:
            walk.following.open_sealed()
            state = gitops.state_of(walk.following.application(part))
            return state.synced == "Synced" and not state.differing and state.revision == commit

        walk.until(holds, f"{part or 'the root'} is Synced", 2 * _SLOW)
    after = {name: walk.rollout(name)["status"]["stableRS"] for name in (AUTH, SERVICE)}
    must(before == after, f"pods were made anew: {before}, {after}")
    return f"{len(PARTS)} Applications Synced, no pod made anew"


def migrated(walk: Walk) -> str:
    """A commit is detected, migrated (wave -1) and rolled out; a person promotes it."""
    walk.until_phase(AUTH, walk.tags[AUTH], "Healthy")
    began = time.monotonic()
    commit = walk.release(AUTH, "v7.1.0")
    walk.until_phase(AUTH, "v7.1.0", "Paused", "Progressing")
    found = time.monotonic() - began
    done = [each["status"]["completionTime"] for each in _jobs(walk, "v7.1.0")]
    must(len(done) == 1, f"{len(done)} migrations of v7.1.0 are complete")
    made = [
        each["metadata"]["creationTimestamp"]
        for each in _replica_sets(walk, AUTH)
        if "v7.1.0" in str(each["spec"]["template"])
    ]
    must(done[0] <= made[0], f"pods at {made[0]}, the migration ended at {done[0]}")
    shown = walk.rollouts("get", "rollout", AUTH)
    must("v7.1.0 (canary)" in shown, shown)
    walk.rollouts("promote", AUTH, "--full")
    walk.following.until_runs(AUTH, commit, _SLOW)
    return f"new pods {found:.0f} s after the commit, after the migration; `promote --full` ends it"


def route(walk: Walk) -> str:
    """What git says of a route reaches it (0049)."""
    files = gitops.tree(walk.following.settings(**walk.changes()), walk.following.tempo)
    path = f"{gitops.TREE}/apps/{gitops.STACK}/{AUTH}/virtualservice.yaml"
    changed = {**files, path: files[path].replace("timeout: 60s", "timeout: 59s")}
    must(changed != files, "the route has no such timeout")
    commit = walk.following.repository.commit(changed, "another timeout")
    walk.following.pushed(commit)
    walk.following.until_runs(AUTH, commit, _SLOW)
    live = walk.following.cluster.get(
        "networking.istio.io/v1", "VirtualService", AUTH, names.APPLICATION_NAMESPACE
    )
    must(live is not None and live["spec"]["http"][0]["timeout"] == "59s", str(live))
    return "the timeout arrived, Synced"


def ownership(walk: Walk) -> str:
    """A whole canary while the program applies, the autoscaler scales and Argo CD heals."""
    walk.until_phase(SERVICE, walk.tags[SERVICE], "Healthy")
    directory = walk.directory
    writers, began = (
        Writers(record.endpoint(directory, record.load(directory)), SERVICE),
        time.time(),
    )
    walk.release(SERVICE, "v7.1.0")
    applied, grown = 0, False
    walk.until_phase(SERVICE, "v7.1.0", "Progressing", "Paused")
    while walk.rollout(SERVICE)["status"].get("phase") in ("Progressing", "Paused"):
        if not grown and writers.sights[-1].weight >= 25:  # noqa: PLR2004 - the second step
            commit, grown = walk.commit("more pods", **{SERVICE: MORE}), True
            # Until then the program's apply of this commit is refused: it forces nothing (0042).
            walk.following.until(SERVICE, lambda s, c=commit: s.has(c), "git is applied", _SLOW)
        applied += _apply_beside(walk, {SERVICE: MORE} if grown else {})
        time.sleep(1)
    walk.until_phase(SERVICE, "v7.1.0", "Healthy")
    seen = writers.since(began)
    weights, pods = runs_of([s.weight for s in seen]), runs_of([s.replicas for s in seen])
    differing = {each for s in seen for each in s.differing if each.endswith(f"/{SERVICE}")}
    foreign = differing - {f"Rollout/{SERVICE}", f"HorizontalPodAutoscaler/{SERVICE}"}
    must([w for w in weights if w not in (0, 100)] == [5, 25, 50], f"weights {weights}")
    must(pods == [3, 4], f"pods {pods}")
    must(not foreign, f"OutOfSync: {sorted(foreign)}")
    must(all(s.pinned for s in seen), "a subset lost its version")
    must(bool(grown and applied), "the program or the autoscaler did not write")
    return (
        f"weights {weights}, pods {pods}, {applied} applies by the program without a conflict; "
        f"OutOfSync was {', '.join(sorted(differing)) or 'nothing'}"
    )


def failed_migration(walk: Walk) -> str:
    """The sync stops at wave -1, no pod is touched, and the commit that mends it goes in."""
    good, template = walk.tags[AUTH], walk.rollout(AUTH)["spec"]["template"]
    walk.release(AUTH, "v7.2.0-fail")
    state = walk.following.until(
        AUTH,
        lambda s: "etrying" in s.message or s.phase in ("Failed", "Error"),
        "the sync fails",
        2 * _SLOW,
    )
    must(walk.rollout(AUTH)["spec"]["template"] == template, "pods were touched")
    began = time.monotonic()
    commit = walk.release(AUTH, good)
    walk.following.until_runs(AUTH, commit, 2 * _SLOW)
    return f"«{state.message[:70]}»; pods untouched; mended {time.monotonic() - began:.0f} s later"


def aborted(walk: Walk) -> str:
    """A person aborts: the old version has everything, and Argo CD does not begin it again."""
    good = walk.tags[AUTH]
    walk.release(AUTH, "v7.3.0")
    walk.until_phase(AUTH, "v7.3.0", "Paused", "Progressing")
    walk.rollouts("abort", AUTH)
    walk.until_phase(AUTH, "v7.3.0", "Degraded")
    walk.following.until(
        AUTH, lambda s: (s.synced, s.health) == ("Synced", "Degraded"), "it is told", _SLOW
    )
    time.sleep(3 * argocd.LOOK_SECONDS)
    must(walk.rollout(AUTH)["status"].get("phase") == "Degraded", "it was begun again")
    commit = walk.release(AUTH, good)
    walk.following.until_runs(AUTH, commit, _SLOW)
    return "Degraded and Synced, not begun again; the revert in git makes it Healthy"


def bad_version(walk: Walk) -> str:
    """Errors abort it by themselves; git still asks for it, and nothing begins it again."""
    good, bad = walk.tags[SERVICE], "v7.4.0"
    walk.drill.stage.behave({bad: Behaviour(error_share=1.0)})
    walk.release(SERVICE, bad, **{SERVICE: MORE})
    walk.until_phase(SERVICE, bad, "Degraded")
    message = str(walk.rollout(SERVICE)["status"].get("message", ""))
    time.sleep(2 * argocd.LOOK_SECONDS)
    must(walk.rollout(SERVICE)["status"].get("phase") == "Degraded", "it was begun again")
    commit = walk.release(SERVICE, good, **{SERVICE: MORE})
    walk.following.until_runs(SERVICE, commit, _SLOW)
    return f"«{message[:90]}»; the revert makes it Healthy"


def undone(walk: Walk) -> str:
    """`undo` with automatic sync on is undone by self-heal (W-6)."""
    good = walk.tags[AUTH]
    walk.rollouts("undo", AUTH)
    must(walk.tag(AUTH) != good, "undo changed nothing")
    began = time.monotonic()
    walk.until(lambda: walk.tag(AUTH) == good, "self-heal puts git's version back")
    walk.until_phase(AUTH, good, "Healthy")
    return f"self-heal put git's version back after {time.monotonic() - began:.0f} s"


def argocd_rollback(walk: Walk) -> str:
    """`argocd app rollback` as the runbook has it (D-12)."""
    name, call = names.application(AUTH), walk.following.argocd
    good = walk.tags[AUTH]
    bad = walk.release(AUTH, "v7.5.0")
    walk.until_phase(AUTH, "v7.5.0", "Paused", "Progressing")
    walk.rollouts("promote", AUTH, "--full")
    walk.following.until_runs(AUTH, bad, _SLOW)
    refused = call("app", "rollback", name)
    must(refused.returncode != 0, "it was not refused")
    must("auto-sync is enabled" in refused.stderr, refused.stderr)
    _called(walk, "app", "set", name, "--sync-policy", "none")
    must(name in _called(walk, "app", "list"), "it is not listed")
    history = _called(walk, "app", "history", name)
    _called(walk, "app", "rollback", name, "--timeout", "170")
    walk.until_phase(AUTH, good, "Healthy")
    time.sleep(2 * argocd.LOOK_SECONDS)
    must(walk.tag(AUTH) == good, "the rollback was undone")
    commit = walk.release(AUTH, good)
    _called(walk, "app", "set", name, "--sync-policy", "automated", "--self-heal", "--auto-prune")
    walk.following.until_runs(AUTH, commit, _SLOW)
    told = " ".join(refused.stderr.split())[-110:]
    return f"refused («{told}»), then back to {good} of {len(history.splitlines()) - 1} revisions"


def mpk_rollback(walk: Walk) -> str:
    """`mpk rollback` switches automatic sync off, and nothing switches it on again (D-12)."""
    name, good = names.application(AUTH), walk.tags[AUTH]
    bad = walk.release(AUTH, "v7.6.0")
    walk.until_phase(AUTH, "v7.6.0", "Paused", "Progressing")
    walk.rollouts("promote", AUTH, "--full")
    walk.following.until_runs(AUTH, bad, _SLOW)
    settings = walk.following.settings(**walk.changes())
    done = rollback.course(
        walk.following.cluster, settings, rollback.Wanted(services=[AUTH], timeout_seconds=_SLOW)
    )
    must(done.result.succeeded, str([each.state for each in done.result.objects]))
    must(any(bad in note and name in note for note in done.record.notes), str(done.record.notes))
    _declare_again(walk)
    time.sleep(3 * argocd.LOOK_SECONDS)
    state = gitops.state_of(walk.following.application(AUTH))
    must(not state.automated, "automatic sync is on again")
    must(walk.tag(AUTH) == good, f"it runs {walk.tag(AUTH)}")
    commit = walk.release(AUTH, good)
    _called(walk, "app", "set", name, "--sync-policy", "automated", "--self-heal", "--auto-prune")
    walk.following.until_runs(AUTH, commit, _SLOW)
    return (
        f"back to {good}, sync stayed off beside root and `mpk up`; «{done.record.notes[0][:60]}»"
    )


def lost(walk: Walk) -> str:
    """Controllers that are lost in the middle of a canary change nothing, and go on."""
    good = walk.tags[AUTH]
    walk.release(AUTH, "v7.7.0")
    walk.until_phase(AUTH, "v7.7.0", "Paused", "Progressing")
    argocd.stop(PLAN.name, *argocd.PARTS, "rollouts-controller")
    time.sleep(15)
    before = walk.rollout(AUTH)["status"]
    must(before.get("stableRS") != before.get("currentPodHash"), "it was promoted by nobody")
    localcluster.up(PLAN.name)
    again = argocd.start(PLAN.name, walk.drill.product.settings, look_seconds=gitops.LOOK_SECONDS)
    walk.following = replace(walk.following, argocd=again)
    walk.rollouts("abort", AUTH)
    walk.until_phase(AUTH, "v7.7.0", "Degraded")
    commit = walk.release(AUTH, good)
    walk.following.until_runs(AUTH, commit, _SLOW)
    return "nothing moved for 15 s; started again, both went on"


COURSES: Mapping[str, Callable[[Walk], str]] = {
    "adopted": adopted,
    "ownership": ownership,
    "migrated": migrated,
    "failed-migration": failed_migration,
    "argocd-rollback": argocd_rollback,
    "mpk-rollback": mpk_rollback,
    "route": route,
    "aborted": aborted,
    "bad-version": bad_version,
    "undone": undone,
    "lost": lost,
}


def _apply_beside(walk: Walk, own: Mapping[str, Mapping[str, Any]]) -> int:
    """What `mpk up` would apply of the released service, forcing nothing; how many objects."""
    return _apply(walk, walk.changes(**own), lambda each: each["metadata"]["name"] == SERVICE)


def _declare_again(walk: Walk) -> None:
    """What `mpk up` would apply of Argo CD's Applications."""
    _apply(walk, walk.changes(), lambda each: each["kind"] == "Application")


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


def _called(walk: Walk, *arguments: str) -> str:
    done = walk.following.argocd(*arguments)
    must(done.returncode == 0, f"argocd {' '.join(arguments)}: {done.stderr.strip()[-300:]}")
    return done.stdout


def _jobs(walk: Walk, tag: str) -> list[Object]:
    found = walk.following.cluster.list("batch/v1", "Job", names.APPLICATION_NAMESPACE)
    return [
        each
        for each in found
        if tag in str(each["spec"]["template"]) and "completionTime" in each.get("status", {})
    ]


def _replica_sets(walk: Walk, service: str) -> list[Object]:
    selector = f"app.kubernetes.io/name={service}"
    return walk.following.cluster.list(
        "apps/v1", "ReplicaSet", names.APPLICATION_NAMESPACE, selector
    )


def walked(only: list[str]) -> bool:
    """Walk, and print the table; whether all of it held."""
    held = True
    with tempfile.TemporaryDirectory(prefix="mpk-gitops-") as folder:
        began = time.monotonic()
        with gitops.opened(PLAN, nodes_of, Path(folder)) as (drill, following):
            first = drill.product.settings.release
            walk = Walk(drill=drill, following=following, tags={AUTH: first, SERVICE: first})
            _line(f"cluster, product and Argo CD after {time.monotonic() - began:.0f} s\n")
            _line("| course | seconds | load | seen |\n|---|---|---|---|")
            for name, course in COURSES.items():
                if not only or name in only:
                    held = _told(name, course, walk) and held
    return held


def _told(name: str, course: Callable[[Walk], str], walk: Walk) -> bool:
    began = time.monotonic()
    try:
        seen, held = course(walk), True
    except (NotSeenError, DrillError, ClusterError, LocalClusterError) as error:
        seen, held = f"**does not hold**: {error}", False
    load = os.getloadavg()[0]
    _line(f"| {name} | {time.monotonic() - began:.0f} | {load:.0f} | {seen} |")
    return held


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Walk what is asked for; 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=tuple(COURSES), default=[])
    asked = parser.parse_args(arguments)
    return 0 if walked(asked.only) else 1


if __name__ == "__main__":
    raise SystemExit(main())
