"""Installs the charts of a cluster that the program makes: pinned, in order, with typed values.

Owns the charts' namespaces and releases. Which charts, in which version and size the settings say
(`platform.py`, `catalog/charts.yaml`). The product waits for all of them by `ready`: their kinds
and webhooks must be there before its first object.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.charts import delivery, entry, monitoring, operators
from components.charts.placing import Values
from settings import names, platform
from settings.charts import Chart, ChartName
from settings.loader import Settings

INSTALL_SECONDS = 900
"""How long a chart may take: a new node may have to come up first."""
HISTORY = 5
VALUES: Mapping[ChartName, Callable[[Settings], Values]] = {
    "ingress-nginx": entry.ingress_nginx,
    "cert-manager": entry.cert_manager,
    "sealed-secrets": delivery.sealed_secrets,
    "kube-prometheus-stack": monitoring.kube_prometheus_stack,
    "istio-base": entry.istio_base,
    "istiod": entry.istiod,
    "istio-ingress": entry.istio_ingress,
    "argo-rollouts": delivery.argo_rollouts,
    "argo-cd": delivery.argo_cd,
    "cloudnative-pg": operators.cloudnative_pg,
    "stackgres-operator": operators.stackgres_operator,
    "cockroachdb-operator": operators.cockroachdb_operator,
}
"""The values of each chart that is installed."""
_NEEDS_THE_NODE = frozenset({"prometheus"})
"""Namespaces whose pods read the node itself: Pod Security lets them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartsArgs:
    """What the charts follow from."""

    settings: Settings
    after: Sequence[pulumi.Resource] = ()
    """What must be up before the first chart: the nodes its pods run on."""


class Charts(pulumi.ComponentResource):
    """The charts of the stack's cluster."""

    ready: Sequence[pulumi.Output[str]]
    """The names of the releases, each known when it is up."""

    def __init__(
        self, name: str, args: ChartsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install each after those that it waits for."""
        super().__init__("manpasik:charts:Charts", name, None, opts)
        self._args = args
        catalogue = args.settings.catalog.charts
        chosen = platform.charts(args.settings)
        spaces = {
            space: self._namespace(space)
            for space in dict.fromkeys(catalogue[each].namespace for each in chosen)
        }
        made: dict[ChartName, k8s.helm.v3.Release] = {}
        for each in chosen:
            chart = catalogue[each]
            before = [made[other] for other in chart.after if other in made]
            made[each] = self._release(each, chart, spaces[chart.namespace], before)
        self.ready = [pulumi.Output.format("{}", release.name) for release in made.values()]
        self.register_outputs({"ready": self.ready})

    def _namespace(self, space: str) -> pulumi.Output[str]:
        enforced = "privileged" if space in _NEEDS_THE_NODE else "baseline"
        labels = names.labels(space, "namespace", self._args.settings.stack_name)
        made = k8s.core.v1.Namespace(
            f"{space}-charts",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=space, labels=labels | {"pod-security.kubernetes.io/enforce": enforced}
            ),
            # The nodes: no value of theirs leads here.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.after)),
        )
        return made.metadata.name

    def _release(
        self,
        name: ChartName,
        chart: Chart,
        namespace: pulumi.Input[str],
        before: Sequence[pulumi.Resource],
    ) -> k8s.helm.v3.Release:
        return k8s.helm.v3.Release(
            name,
            k8s.helm.v3.ReleaseArgs(
                name=name,
                chart=chart.chart or name,
                version=chart.version,
                repository_opts=k8s.helm.v3.RepositoryOptsArgs(repo=chart.repository),
                namespace=namespace,
                values=VALUES[name](self._args.settings),
                timeout=INSTALL_SECONDS,
                max_history=HISTORY,
                # A release that fails half-way must not stay in the way of the next try.
                cleanup_on_fail=True,
            ),
            # Webhooks and kinds of the charts before: no value of theirs leads here.
            pulumi.ResourceOptions(parent=self, depends_on=list(before)),
        )
