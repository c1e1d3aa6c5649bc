"""Each failure of the runbook beside the real Argo CD: what is typed, and what must then be so."""

import time
from collections.abc import Callable, Mapping

import localcluster
from bench.gitops_ownership import ownership
from bench.gitops_people import decided, edited, restarted, without
from bench.gitops_walk import (
    AUTH,
    MORE,
    PLAN,
    SLOW,
    SYNC_ON,
    Walk,
    called,
    declare_again,
    jobs,
    must,
    replica_sets,
)
from drill import argocd, gitops
from drill.behaviour import Behaviour
from drill.product import SERVICE
from operations import rollback
from settings import names


def adopted(walk: Walk) -> str:
    """What the program has deployed is found as git has it, and no pod is made anew."""
    before = {name: walk.rollout(name)["status"]["stableRS"] for name in (AUTH, SERVICE)}
    commit = walk.commit("as deployed")
    for part in walk.parts:

        def holds(part: str = part) -> bool:
            walk.following.open_sealed()
            state = gitops.state_of(walk.following.application(part))
            return state.synced == "Synced" and not state.differing and state.revision == commit

        walk.until(holds, f"{part or 'the root'} is Synced", 2 * SLOW)
    after = {name: walk.rollout(name)["status"]["stableRS"] for name in (AUTH, SERVICE)}
    must(before == after, f"pods were made anew: {before}, {after}")
    return f"{len(walk.parts)} Applications Synced, no pod made anew"


def migrated(walk: Walk) -> str:
    """A commit is detected, migrated (wave -1) and rolled out; a person promotes it."""
    walk.until_phase(AUTH, walk.tags[AUTH], "Healthy")
    began = time.monotonic()
    commit = walk.release(AUTH, "v7.1.0")
    walk.until_phase(AUTH, "v7.1.0", "Paused", "Progressing")
    found = time.monotonic() - began
    done = [each["status"]["completionTime"] for each in jobs(walk, "v7.1.0")]
    must(len(done) == 1, f"{len(done)} migrations of v7.1.0 are complete")
    made = [
        each["metadata"]["creationTimestamp"]
        for each in replica_sets(walk, AUTH)
        if "v7.1.0" in str(each["spec"]["template"])
    ]
    must(done[0] <= made[0], f"pods at {made[0]}, the migration ended at {done[0]}")
    walk.until(lambda: "v7.1.0 (canary)" in walk.shown(AUTH), "the plugin shows the canary")
    walk.rollouts("promote", AUTH, "--full")
    walk.following.until_runs(AUTH, commit, SLOW)
    return f"new pods {found:.0f} s after the commit, after the migration; `promote --full` ends it"


def route(walk: Walk) -> str:
    """What git says of a route reaches it (0049)."""
    files = gitops.tree(walk.following.settings(**walk.changes()), walk.following.tempo)
    path = f"{gitops.TREE}/apps/{gitops.STACK}/{AUTH}/virtualservice.yaml"
    changed = {**files, path: files[path].replace("timeout: 60s", "timeout: 59s")}
    must(changed != files, "the route has no such timeout")
    commit = walk.following.repository.commit(changed, "another timeout")
    walk.following.pushed(commit)
    walk.following.until_runs(AUTH, commit, SLOW)
    live = walk.following.cluster.get(
        "networking.istio.io/v1", "VirtualService", AUTH, names.APPLICATION_NAMESPACE
    )
    must(live is not None and live["spec"]["http"][0]["timeout"] == "59s", str(live))
    return "the timeout arrived, Synced"


def failed_migration(walk: Walk) -> str:
    """The sync stops at wave -1, every time; no pod is touched, and a commit mends it."""
    good, template = walk.tags[AUTH], walk.rollout(AUTH)["spec"]["template"]
    bad = walk.release(AUTH, "v7.2.0-crash")
    for attempt in ("#1", "#2"):
        state = walk.following.until(
            AUTH,
            lambda s, n=attempt: f"ttempt {n}" in s.message,
            f"the sync fails and attempt {attempt} is told of",
            2 * SLOW,
        )
        must(walk.rollout(AUTH)["spec"]["template"] == template, f"pods were touched: {state}")
    began = time.monotonic()
    commit = walk.revert(bad, AUTH, good)
    walk.following.until_runs(AUTH, commit, 2 * SLOW)
    return (
        f"«{state.message[:70]}»; pods untouched by two attempts; mended "
        f"{time.monotonic() - began:.0f} s after the revert"
    )


def aborted(walk: Walk) -> str:
    """A person aborts: the old version has everything, and Argo CD does not begin it again."""
    good = walk.tags[AUTH]
    bad = walk.release(AUTH, "v7.3.0")
    walk.until_phase(AUTH, "v7.3.0", "Paused", "Progressing")
    walk.rollouts("abort", AUTH)
    walk.until_phase(AUTH, "v7.3.0", "Degraded")
    walk.following.until(
        AUTH, lambda s: (s.synced, s.health) == ("Synced", "Degraded"), "it is told", SLOW
    )
    time.sleep(3 * argocd.LOOK_SECONDS)
    must(walk.rollout(AUTH)["status"].get("phase") == "Degraded", "it was begun again")
    commit = walk.revert(bad, AUTH, good)
    walk.following.until_runs(AUTH, commit, SLOW)
    return "Degraded and Synced, not begun again; the revert in git makes it Healthy"


def bad_version(walk: Walk) -> str:
    """Errors abort it by themselves; git still asks for it, and nothing begins it again."""
    good, bad = walk.tags[SERVICE], "v7.4.0"
    walk.drill.stage.behave({bad: Behaviour(error_share=1.0)})
    walk.release(SERVICE, bad, **{SERVICE: MORE})
    walk.until_phase(SERVICE, bad, "Degraded")
    message = str(walk.rollout(SERVICE)["status"].get("message", ""))
    must('Metric "' in message, f"no metric is named: {message}")
    time.sleep(2 * argocd.LOOK_SECONDS)
    must(walk.rollout(SERVICE)["status"].get("phase") == "Degraded", "it was begun again")
    commit = walk.release(SERVICE, good, **{SERVICE: MORE})
    walk.following.until_runs(SERVICE, commit, SLOW)
    return f"«{message}»; the revert makes it Healthy"


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
    walk.following.until_runs(AUTH, bad, SLOW)
    refused = call("app", "rollback", name)
    must(refused.returncode != 0, "it was not refused")
    must("auto-sync is enabled" in refused.stderr, refused.stderr)
    called(walk, "app", "set", name, "--sync-policy", "none")
    must(name in called(walk, "app", "list"), "it is not listed")
    history = called(walk, "app", "history", name)
    called(walk, "app", "rollback", name, "--timeout", "170")
    walk.until_phase(AUTH, good, "Healthy")
    time.sleep(2 * argocd.LOOK_SECONDS)
    must(walk.tag(AUTH) == good, "the rollback was undone")
    commit = walk.release(AUTH, good)
    called(walk, "app", "set", name, *SYNC_ON)
    walk.following.until_runs(AUTH, commit, SLOW)
    told = " ".join(refused.stderr.split())[-110:]
    return f"refused («{told}»), then back to {good} of {len(history.splitlines()) - 1} revisions"


def mpk_rollback(walk: Walk) -> str:
    """`mpk rollback` switches automatic sync off, and nothing switches it on again (D-12)."""
    name, good = names.application(AUTH), walk.tags[AUTH]
    bad = walk.release(AUTH, "v7.6.0")
    walk.until_phase(AUTH, "v7.6.0", "Paused", "Progressing")
    walk.rollouts("promote", AUTH, "--full")
    walk.following.until_runs(AUTH, bad, SLOW)
    settings = walk.following.settings(**walk.changes())
    done = rollback.course(
        walk.following.cluster, settings, rollback.Wanted(services=[AUTH], timeout_seconds=SLOW)
    )
    must(done.result.succeeded, str([each.state for each in done.result.objects]))
    must(any(bad in note and name in note for note in done.record.notes), str(done.record.notes))
    declare_again(walk)
    time.sleep(3 * argocd.LOOK_SECONDS)
    state = gitops.state_of(walk.following.application(AUTH))
    must(not state.automated, "automatic sync is on again")
    must(walk.tag(AUTH) == good, f"it runs {walk.tag(AUTH)}")
    commit = walk.release(AUTH, good)
    called(walk, "app", "set", name, *SYNC_ON)
    walk.following.until_runs(AUTH, commit, SLOW)
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
    restarted(walk)
    walk.rollouts("abort", AUTH)
    walk.until_phase(AUTH, "v7.7.0", "Degraded")
    commit = walk.release(AUTH, good)
    walk.following.until_runs(AUTH, commit, SLOW)
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
    "decided": decided,
    "edited": edited,
    "without": without,
    "lost": lost,
}
