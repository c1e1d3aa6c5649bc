"""What a person types during a canary, by `mpk`, `argocd` and the plugin, as the runbook has it.

`mpk` runs as itself, in a checkout whose stack `production` is the one of the walk.
"""

import shutil
import subprocess
import sys
import time
from dataclasses import replace

import yaml

from bench.gitops_walk import AUTH, PLAN, SLOW, SYNC_ON, Walk, called, must
from drill import argocd, gitops
from drill.product import SERVICE
from settings import names
from settings.loader import ROOT, STACK_KEY

_ANYWHERE = (
    "import pathlib, sys, settings.loader as loader; loader.ROOT = pathlib.Path(sys.argv.pop(1)); "
    "from cli.app import main; main()"
)
_APPROVED = ("--stack", gitops.STACK, "--approved-by", "the bench")
_SPACE = names.APPLICATION_NAMESPACE


def mpk(walk: Walk, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`mpk …` in a checkout of its own."""
    root = walk.directory / "checkout"
    shutil.copytree(ROOT / "catalog", root / "catalog", dirs_exist_ok=True)
    shutil.copy(ROOT / "Pulumi.yaml", root)
    stack = {**walk.following.given, **walk.changes()}
    file = root / f"Pulumi.{gitops.STACK}.yaml"
    file.write_text(yaml.safe_dump({"config": {STACK_KEY: stack}}), encoding="utf-8")
    kubeconfig = ["--kubeconfig", str(walk.directory / "kubeconfig")]
    return subprocess.run(  # noqa: S603 - this program
        [sys.executable, "-c", _ANYWHERE, root, *arguments, *kubeconfig],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * SLOW,
    )


def decided(walk: Walk) -> str:
    """A canary that stands: seen, promoted by a step, held, promoted, aborted, begun again."""
    first = walk.release(SERVICE, "v7.8.0")
    _until_step(walk, 1)
    shown = _looked_at(walk, "v7.8.0")
    walk.rollouts("promote", SERVICE)
    _until_step(walk, 2)
    walk.rollouts("pause", SERVICE)
    promoted = mpk(walk, "promote", SERVICE, *_APPROVED)
    must(promoted.returncode == 0, f"mpk promote: {promoted.stdout} {promoted.stderr}")
    walk.following.until_runs(SERVICE, first, SLOW)
    second = walk.release(SERVICE, "v7.9.0")
    _until_step(walk, 1)
    done = mpk(walk, "abort", SERVICE, "--stack", gitops.STACK)
    must(done.returncode == 0, f"mpk abort: {done.stdout} {done.stderr}")
    walk.until_phase(SERVICE, "v7.9.0", "Degraded")
    time.sleep(2 * argocd.LOOK_SECONDS)
    must(walk.rollout(SERVICE)["status"].get("phase") == "Degraded", "it was begun again")
    walk.rollouts("retry", "rollout", SERVICE)
    walk.until_phase(SERVICE, "v7.9.0", "Progressing", "Paused")
    forward = mpk(walk, "promote", SERVICE, "--full", *_APPROVED)
    must(forward.returncode == 0, f"mpk promote --full: {forward.stdout} {forward.stderr}")
    walk.following.until_runs(SERVICE, second, SLOW)
    return f"{shown}; promote, `mpk promote`, `mpk abort`, retry, `mpk promote --full` as said"


def _until_step(walk: Walk, step: int) -> None:
    walk.until(
        lambda: int(walk.rollout(SERVICE)["status"].get("currentStepIndex", -1)) == step,
        f"{SERVICE} is at step {step}",
    )


def _looked_at(walk: Walk, version: str) -> str:
    """«Where does it stand?» in the middle of a canary."""
    status = mpk(walk, "status", gitops.STACK)
    must(version in status.stdout and "canary" in status.stdout, status.stdout + status.stderr)
    must(f"{version} (canary)" in walk.shown(SERVICE), "get rollout does not show the canary")
    application = called(walk, "app", "get", names.application(SERVICE))
    must("Synced" in application, application)
    runs = walk.kubectl("get", "analysisrun", "-n", _SPACE)
    must(SERVICE in runs, runs)
    return "status, get rollout, app get and get analysisrun tell of it"


def edited(walk: Walk) -> str:
    """A person's edit: `app diff` shows it, `app sync` puts it back, and so does self-heal."""
    name = names.application(SERVICE)
    called(walk, "app", "set", name, "--sync-policy", "none")
    _edit(walk)
    fresh = called(walk, "app", "get", name, "--hard-refresh")
    must("OutOfSync" in fresh, fresh)
    differs = walk.following.argocd("app", "diff", name)
    must(differs.returncode == 1 and "maxReplicas" in differs.stdout, differs.stderr)
    called(walk, "app", "sync", name)
    walk.until(lambda: _most(walk) != _EDITED, "the sync puts it back")
    called(walk, "app", "set", name, *SYNC_ON)
    _edit(walk)
    began = time.monotonic()
    walk.until(lambda: _most(walk) != _EDITED, "self-heal puts it back")
    return f"shown, put back by the sync, and by self-heal after {time.monotonic() - began:.0f} s"


_EDITED = 19


def _edit(walk: Walk) -> None:
    change = f'{{"spec": {{"maxReplicas": {_EDITED}}}}}'
    walk.kubectl("patch", "hpa", SERVICE, "-n", _SPACE, "--type", "merge", "--patch", change)


def _most(walk: Walk) -> int:
    found = walk.following.cluster.get("autoscaling/v2", "HorizontalPodAutoscaler", SERVICE, _SPACE)
    return found["spec"]["maxReplicas"] if found else 0


def without(walk: Walk) -> str:
    """With Argo CD gone: `undo` goes back, and git says so before it returns."""
    good = walk.tags[AUTH]
    bad = walk.release(AUTH, "v7.10.0")
    walk.until_phase(AUTH, "v7.10.0", "Paused", "Progressing")
    walk.rollouts("promote", AUTH, "--full")
    walk.following.until_runs(AUTH, bad, SLOW)
    argocd.stop(PLAN.name, *argocd.PARTS)
    try:
        walk.rollouts("undo", AUTH)
        walk.until_phase(AUTH, good, "Healthy", "Progressing", "Paused")
        # Where more than two versions were made since, it goes by steps.
        walk.rollouts("promote", AUTH, "--full")
        walk.until_phase(AUTH, good, "Healthy")
        commit = walk.release(AUTH, good)
    finally:
        restarted(walk)
    walk.following.until_runs(AUTH, commit, SLOW)
    return f"`undo` and `promote --full` went back to {good}; Argo CD found git so"


def restarted(walk: Walk) -> None:
    """Argo CD again, after it was stopped."""
    again = argocd.start(PLAN.name, walk.drill.product.settings, look_seconds=gitops.LOOK_SECONDS)
    walk.following = replace(walk.following, argocd=again)
