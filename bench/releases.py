"""Releases measured, as tables: the way back of one service and of all, and releases killed midway.

    python -m bench.releases ways-back
    python -m bench.releases kills --runs 20

On a local cluster of its own, with the real controllers (issue 6, acceptances 1 and 9). No
container runs: pods become ready in a second; the rest is what the strategy asks for.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import localcluster
from cli.embedded import nodes_of
from localcluster import crds
from operations import records, rollback, status, workloads
from operations.cluster import Cluster
from operations.deploy import Deployment
from operations.lock import DOUBT_SECONDS, LEASE_SECONDS
from operations.releasable import Plan
from operations.release import Release
from rendering import manifests, record
from settings import load
from settings.loader import Settings, load_catalog

SPACE = ("--namespace", "manpasik")
ONE = "auth-service"
KEPT = {"gateway", ONE}
LIFETIME_SECONDS = 3600
REST_SECONDS = 180


def production(tag: str) -> Settings:
    """All services, three pods each, rolling."""
    return load("production", {"environment": "production", "images": {"tag": tag}})


def small(tag: str) -> Settings:
    """Two services, whose release takes seconds."""
    off = {n: {"enabled": False} for n in load_catalog().services.keys() - KEPT}
    given = {"environment": "local", "images": {"tag": tag}, "services": off}
    return load("local", given)


def plan_of(settings: Settings) -> Plan:
    """A release of everything, watched for a moment."""
    return Plan(
        settings=settings,
        version=settings.release,
        services=list(settings.services),
        manifests=manifests(record(settings)),
        watch_seconds=2,
        force=True,
    )


@contextmanager
def served(name: str, settings: Settings) -> Generator[localcluster.Cluster]:
    """A cluster with that stack on it."""
    try:
        cluster = localcluster.up(name, nodes_of(settings), lifetime_seconds=LIFETIME_SECONDS)
        found = manifests(record(settings))
        projects = crds.projects_for([each.content for each in found])
        crds.install(cluster, crds.crds(*projects))
        done = Deployment(Cluster(str(cluster.kubeconfig)), settings.stack_name, found).run(400)
        _must(done.succeeded, str([each.state for each in done.failures]))
        yield cluster
    finally:
        localcluster.down(name)


def ways_back() -> None:
    """`kubectl rollout undo` and `mpk rollback`, of one service and of all."""
    with served("bench-back", production("v1.0.0")) as cluster:
        api = Cluster(str(cluster.kubeconfig))
        rows = [
            ("kubectl rollout undo", 1, lambda: _undo(cluster, [ONE])),
            ("mpk rollback", 1, lambda: _rollback(api, [ONE])),
            ("kubectl rollout undo", 23, lambda: _undo(cluster, sorted(load_catalog().services))),
            ("mpk rollback --all", 23, lambda: _rollback(api, [])),
        ]
        _line("| way | services | seconds | spec | load |\n|---|---|---|---|---|")
        for number, (way, count, act) in enumerate(rows, 2):
            _releases(api, production(f"v{number}.0.0"))
            seconds = _timed(act)
            load_average = os.getloadavg()[0]
            _line(f"| `{way}` | {count} | {seconds:.1f} | 120 | {load_average:.1f} |")


def _releases(api: Cluster, settings: Settings) -> None:
    outcome = Release(api, plan_of(settings)).run().outcome
    _must(outcome == "succeeded", outcome)


class BrokenError(Exception):
    """What was to be measured did not happen."""


def _must(holds: bool, what: str) -> None:  # noqa: FBT001 - as `assert` takes it
    if not holds:
        raise BrokenError(what)


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _timed(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def _undo(cluster: localcluster.Cluster, services: list[str]) -> None:
    kubectl = [str(cluster.kubectl), "--kubeconfig", str(cluster.kubeconfig), *SPACE]
    targets = [f"deployment/{name}" for name in services]
    _run([*kubectl, "rollout", "undo", *targets])
    for target in targets:
        _run([*kubectl, "rollout", "status", target, "--timeout", "300s"])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own kubectl


def _rollback(api: Cluster, services: list[str]) -> None:
    wanted = rollback.Wanted(services=services)
    done = rollback.course(api, production("v1.0.0"), wanted)
    _must(done.result.succeeded, str(done.record))


def kills(runs: int, seed: int, most: float) -> None:
    """A release killed at a random moment; what the next command says, and how the cluster ends."""
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    with served("bench-kills", small("v1.0.0")) as cluster:
        api = Cluster(str(cluster.kubeconfig))
        measured = _timed(lambda: _releases(api, small("v1.0.1")))
        longest = min(measured, most)
        _line(f"one release takes {measured:.1f} s, killed within {longest:.1f} s; seed {seed}\n")
        _line("| kill | after, s | its stage | next command says | at rest after, s | versions |")
        _line("|---|---|---|---|---|---|")
        for number in range(1, runs + 1):
            after = chance.uniform(0.1, longest)
            told = _killed(cluster, api, f"v2.{number}.0", after)
            _line(f"| {number} | {after:.1f} | {told} |")


def _killed(cluster: localcluster.Cluster, api: Cluster, tag: str, after: float) -> str:
    before = len(records.read(api, "local"))
    command = [sys.executable, "-m", "bench.releases", "release", "--tag", tag,
               "--kubeconfig", str(cluster.kubeconfig)]  # fmt: skip
    with subprocess.Popen(  # noqa: S603 - this program
        command, start_new_session=True, stdout=subprocess.PIPE, text=True
    ) as child:
        begun = child.stdout and child.stdout.readline()
        _must(bool(begun), "it did not begin")
        time.sleep(after)
        os.killpg(child.pid, signal.SIGKILL)
    began, settings = time.monotonic(), small(tag)
    while status.read(api, settings).holder:
        time.sleep(0.5)
        held = time.monotonic() - began
        _must(held < LEASE_SECONDS + DOUBT_SECONDS + 5, "the lock stays")
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
    return f"{stage} | {word} | {seconds:.1f} | {versions}"


def _at_rest(api: Cluster, settings: Settings, began: float) -> tuple[float, str]:
    while True:
        found = workloads.read(api, settings.services)
        if all(each.state.phase == "ready" for each in found.values()):
            versions = ", ".join(sorted({each.version for each in found.values()}))
            return time.monotonic() - began, versions
        waited = time.monotonic() - began
        _must(waited < REST_SECONDS, "the cluster does not come to rest")
        time.sleep(0.5)


def main(arguments: list[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("ways-back", "kills", "release"))
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--most", type=float, default=20.0, help="seconds, the latest kill")
    parser.add_argument("--tag", default="v1.0.0")
    parser.add_argument("--kubeconfig", default="")
    asked: Any = parser.parse_args(arguments)
    match asked.what:
        case "ways-back":
            ways_back()
        case "kills":
            kills(asked.runs, asked.seed, asked.most)
        case _:
            plan = plan_of(small(asked.tag))
            _line("begins")
            _line(str(Release(Cluster(asked.kubeconfig), plan).run().outcome))


if __name__ == "__main__":
    main()
