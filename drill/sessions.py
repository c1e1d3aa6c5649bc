"""A drill's own cluster, the product and the data plane on it, and a prober that asks all the time.

The cluster has a name of its own and ends by itself, whatever happens to whoever began it.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import localcluster
from drill import product, stage
from drill.course import Course
from drill.product import AS_IS, SERVICE, Product, Tempo
from drill.runs import Drill
from localcluster import Cluster, Report, SimulatedNode, crds, record, releases
from rendering import manifests
from rendering import record as recorded
from settings import names, recording, signals
from settings.loader import Settings
from settings.strategy import Strategy

NAME = "drill"
WATCHED = (
    {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"},
    {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun"},
    *releases.STEERED,
)
"""Kinds that are looked at, whether the product declares any or not."""
SPARE_SECONDS = 300
"""What a cluster lives longer than its prober asks: time to deploy before, to read after."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a drill is to be tried with."""

    strategy: Strategy
    seconds: int
    """How long it may take at most."""
    rate: int = 200
    """Requests a second."""
    release: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the stack's `release`, what differs from the specification."""
    tempo: Tempo = AS_IS
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else the stack says."""
    moves: bool = False
    """Whether it will go on to other strategies, and needs their controllers from the start."""
    name: str = NAME
    scrape_seconds: int = signals.SCRAPE_SECONDS


@contextmanager
def opened(
    plan: Plan,
    nodes_of: Callable[[Settings], Sequence[SimulatedNode]],
    report: Report = localcluster.quiet,
) -> Generator[Drill]:
    """Everything that a drill needs, until the block ends; nothing of it is left."""
    nodes = nodes_of(product.settings(plan.strategy, plan.release))
    lifetime = plan.seconds + SPARE_SECONDS
    try:
        cluster = localcluster.up(plan.name, nodes, lifetime_seconds=lifetime, report=report)
        wanted = prepare(cluster, plan, report)
        report(0, 0, "deploying the product")
        deployed = product.deploy(str(cluster.kubeconfig), wanted, plan.tempo)
        rules = () if plan.strategy == "rolling" else _rules(wanted)
        with running(cluster, deployed, rules, rate=plan.rate, seconds=plan.seconds) as drill:
            yield drill
    finally:
        localcluster.down(plan.name, report=report)


def prepare(cluster: Cluster, plan: Plan, report: Report = localcluster.quiet) -> Settings:
    """Have the cluster serve what the product declares; the settings to deploy there."""
    figures = dict(plan.release)
    if plan.moves or plan.strategy != "rolling":
        releases.add(cluster, report, scrape_seconds=plan.scrape_seconds)
        figures["metrics"] = releases.prometheus_url(cluster.name)
    wanted = product.settings(plan.strategy, figures, **plan.more)
    crds.install(cluster, _definitions(wanted, plan, report), report)
    return wanted


def _definitions(wanted: Settings, plan: Plan, report: Report) -> list[crds.Definition]:
    """Of the kinds that the product declares, or that the data plane and the course look at."""
    objects = [*(each.content for each in manifests(recorded(wanted))), *WATCHED]
    if wanted.delivery.gitops:
        # In git, secrets are sealed.
        objects.append({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret"})
    if plan.moves:
        # The strategies to come declare other kinds of the same projects.
        return crds.crds(*crds.projects_for(objects), report=report)
    return crds.needed(objects, report)


@contextmanager
def running(
    cluster: Cluster, deployed: Product, rules: Sequence[recording.Rule], *, rate: int, seconds: int
) -> Generator[Drill]:
    """The data plane and a prober of the service, while the block lasts."""
    plane = stage.set_up(cluster, rules)
    if rules:
        deployed.cluster.apply(_webhook(plane), force=True)
    directory = record.directory_of(cluster.name)
    try:
        with stage.probing(plane, SERVICE, rate=rate, seconds=seconds) as file:
            yield Drill(
                stage=plane,
                product=deployed,
                course=Course(record.endpoint(directory, record.load(directory)), SERVICE),
                answers_file=file,
            )
    finally:
        stage.take_down(plane)


def kubeconfig_of(plan: Plan) -> str:
    """Where a drill's cluster is reached."""
    return str(record.directory_of(plan.name) / "kubeconfig")


def _webhook(plane: stage.Stage) -> dict[str, Any]:
    """The Secret in which the Rollouts controller looks for where to send its messages."""
    url = f"http://127.0.0.1:{plane.metrics_port}/"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "argo-rollouts-notification-secret",
            "namespace": names.ROLLOUTS_NAMESPACE,
        },
        "stringData": {"slack-webhook": url},
    }


def _rules(of: Settings) -> Sequence[recording.Rule]:
    return recording.rules(of.delivery.release.window_seconds)
