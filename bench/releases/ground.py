"""What every measure stands on: a cluster with a stack, releases of it, and words on the way."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import localcluster
from cli.console import messages
from cli.embedded import nodes_of
from cli.local import build_progress
from cli.watch import Watch
from localcluster import crds
from operations.cluster import Cluster
from operations.deploy import Deployment
from operations.records import Record
from operations.releasable import Plan
from operations.release import Release
from rendering import manifests, record
from settings import capacity_report, load
from settings.loader import Settings, load_catalog

ONE = "auth-service"
KEPT = {"gateway", ONE}
LIFETIME_SECONDS = 3600
DEPLOY_SECONDS = 900


class BrokenError(Exception):
    """What was to be measured did not happen."""


def must(holds: bool, what: str) -> None:  # noqa: FBT001 - as `assert` takes it
    """End the measure where its ground is not what it has to be."""
    if not holds:
        raise BrokenError(what)


def line(text: str) -> None:
    """A line of the table, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """A word on the way."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def timed(act: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.monotonic()
    act()
    return time.monotonic() - began


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


def grown(settings: Settings) -> int:
    """Nodes to which the pool grows when all services roll at once: nothing here makes it grow."""
    return next(
        max(row.nodes, row.needed or 0)
        for row in capacity_report.report(settings).rows
        if (row.demand, row.lost) == (capacity_report.ROLLING, "nothing")
    )


@contextmanager
def served(name: str, settings: Settings) -> Generator[localcluster.Cluster]:
    """A cluster with that stack on it."""
    try:
        with build_progress() as report:
            cluster = localcluster.up(
                name,
                nodes_of(settings, grown(settings)),
                lifetime_seconds=LIFETIME_SECONDS,
                report=report,
            )
            found = manifests(record(settings))
            definitions = crds.needed([each.content for each in found], report)
            crds.install(cluster, definitions, report)
        tell(f"deploying {len(found)} objects of {settings.stack_name}")
        api = Cluster(str(cluster.kubeconfig))
        with Watch(messages) as shown:
            deployment = Deployment(api, settings.stack_name, found, report=shown.report)
            done = deployment.run(DEPLOY_SECONDS)
        must(done.succeeded, str([(p.kind, p.name, p.state) for p in done.failures]))
        tell(f"deployed in {done.seconds:.0f} s")
        yield cluster
    finally:
        localcluster.down(name)


def released(api: Cluster, settings: Settings) -> Record:
    """A release of everything that succeeded."""
    tell(f"releasing {settings.release}")
    with Watch(messages) as shown:
        done = Release(api, plan_of(settings), shown.report).run()
    must(done.outcome == "succeeded", f"{done.outcome}: {done.reason}")
    return done
