"""Releases killed at random moments: what the next command says, how the cluster ends (line 9)."""

import os
import random
import signal
import subprocess
import sys
import time

import localcluster
from bench.releases.ground import line, must, released, served, small, timed
from operations import records, split, status, workloads
from operations.cluster import Cluster
from operations.lock import DOUBT_SECONDS, LEASE_SECONDS
from settings.loader import Settings

REST_SECONDS = 180


def measure(runs: int, seed: int, most: float) -> None:
    """A release killed at a random moment; what the next command says, and how the cluster ends."""
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    with served("bench-kills", small("v1.0.0")) as cluster:
        api = Cluster(str(cluster.kubeconfig))
        measured = timed(lambda: released(api, small("v1.0.1")))
        longest = min(measured, most)
        line(f"one release takes {measured:.1f} s, killed within {longest:.1f} s; seed {seed}\n")
        line(
            "| kill | after, s | its stage | `mpk status` says | at rest, s | versions | way out |"
        )
        line("|---|---|---|---|---|---|---|")
        for number in range(1, runs + 1):
            after = chance.uniform(0.1, longest)
            told = _killed(cluster, api, f"v2.{number}.0", after)
            line(f"| {number} | {after:.1f} | {told} |")


def _killed(cluster: localcluster.Cluster, api: Cluster, tag: str, after: float) -> str:
    before = len(records.read(api, "local"))
    command = [sys.executable, "-m", "bench.releases", "release", "--tag", tag,
               "--kubeconfig", str(cluster.kubeconfig)]  # fmt: skip
    with subprocess.Popen(  # noqa: S603 - this program
        command, start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as child:
        begun = child.stdout and child.stdout.readline()
        must(bool(begun), "it did not begin")
        time.sleep(after)
        os.killpg(child.pid, signal.SIGKILL)
    began, settings = time.monotonic(), small(tag)
    while status.read(api, settings).holder:
        time.sleep(0.5)
        held = time.monotonic() - began
        must(held < LEASE_SECONDS + DOUBT_SECONDS + 5, "the lock stays")
    says = status.read(api, settings)
    last = says.last
    new = last is not None and len(records.read(api, "local")) > before
    stage = last.stages[-1].name if last and new and last.stages else "before its record"
    word = (
        "interrupted, and the command that goes on"
        if says.interrupted
        else (last.outcome if last and new else "as before")
    )
    seconds, versions = _at_rest(api, settings, began)
    return f"{stage} | {word} | {seconds:.1f} | {versions} | {_way_out(api, settings)}"


def _way_out(api: Cluster, settings: Settings) -> str:
    """Of a split: what `mpk status` names, and whether doing so brings the services together."""
    says = status.read(api, settings)
    if not says.split:
        return "none is needed"
    wanted = f"mpk release {settings.release} --stack local"
    must(any(wanted in each for each in status.advice(says)), str(status.advice(says)))
    seconds = timed(lambda: released(api, settings))
    left = status.read(api, settings)
    must(not left.split and left.healthy, f"still split: {left.split}")
    return f"split ({split.told(says.split)}); `{wanted}`: together in {seconds:.1f} s"


def _at_rest(api: Cluster, settings: Settings, began: float) -> tuple[float, str]:
    while True:
        found = workloads.read(api, settings.services)
        if all(each.state.phase == "ready" for each in found.values()):
            versions = ", ".join(sorted({each.version for each in found.values()}))
            return time.monotonic() - began, versions
        waited = time.monotonic() - began
        must(waited < REST_SECONDS, "the cluster does not come to rest")
        time.sleep(0.5)
