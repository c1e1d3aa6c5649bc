"""Installs the charts of a cluster: pinned, in order, with typed values (decisions 6 and 0036).

Owns the charts' namespaces and releases. Which charts, in which version and size the settings say
(`platform.py`, `catalog/charts.yaml`). Their archives lie beside the program, compared with their
pins before the engine runs (`mpk charts fetch`): nothing is downloaded here. The product waits for
all of them by `ready`: their kinds and webhooks must be there before its first object.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.charts import delivery, entry, mesh, monitoring, operators
from components.charts.placing import Values
from components.contracts import Addresses, Installed, Place
from components.platform.foundation import ground
from components.platform.namespaces import namespace
from settings import chart_names, names, platform
from settings.charts import ARCHIVES, Chart, ChartName
from settings.loader import Settings

INSTALL_SECONDS = 900
"""How long a chart may take: a new node may have to come up first."""
HISTORY = 5
VALUES: Mapping[ChartName, Callable[[Settings], Values]] = {
    "ingress-nginx": entry.ingress_nginx,
    "cert-manager": entry.cert_manager,
    "sealed-secrets": delivery.sealed_secrets,
    "kube-prometheus-stack": monitoring.kube_prometheus_stack,
    "istio-base": mesh.istio_base,
    "istio-cni": mesh.istio_cni,
    "istiod": mesh.istiod,
    "istio-ingress": mesh.istio_ingress,
    "argo-rollouts": delivery.argo_rollouts,
    "argo-cd": delivery.argo_cd,
    "cloudnative-pg": operators.cloudnative_pg,
    "stackgres-operator": operators.stackgres_operator,
    "cockroachdb-operator": operators.cockroachdb_operator,
}
"""The values of each chart that is installed."""
_ENFORCED: Mapping[str, str] = {
    chart_names.METRICS_NAMESPACE: "privileged",
    chart_names.CHART_NAMESPACES["istio-cni"]: "privileged",
    names.MESH_NAMESPACE: "baseline",
    chart_names.CHART_NAMESPACES["stackgres-operator"]: "baseline",
    chart_names.CHART_NAMESPACES["cockroachdb-operator"]: "baseline",
}
"""What Pod Security must let through, found by the charts' own templates (docs/charts.md): the node
exporter and the mesh's plugin read the node; the others name no seccomp profile, and no value of
theirs does. Everything else is `restricted`."""
_MADE_BEFORE: Mapping[str, tuple[str, str]] = {
    names.MESH_NAMESPACE: ("manpasik:edge:Entrance", "entrance"),
    names.ROLLOUTS_NAMESPACE: ("manpasik:delivery:Notifications", "notifications"),
    names.GITOPS_NAMESPACE: ("manpasik:delivery:GitOps", "gitops"),
}
"""Whose a namespace is in a stack without charts: another parent, and no other namespace."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartsArgs:
    """What the charts follow from."""

    settings: Settings
    addresses: Addresses | None = None
    """The fixed addresses of the way in, where the stack is one region of several."""
    after: Sequence[pulumi.Input[str]] = ()
    """Names of what must be there before the first pod: ranks, classes of volumes."""


class Charts(pulumi.ComponentResource):
    """The charts of the stack's cluster."""

    ready: Sequence[pulumi.Output[str]]
    """The names of the releases, each known when it is up."""
    spaces: Mapping[str, pulumi.Output[str]]
    """The namespaces of the charts."""
    releases: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: ChartsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install each after those that it waits for."""
        super().__init__("manpasik:charts:Charts", name, None, opts)
        self._args = args
        catalogue = args.settings.catalog.charts
        chosen = platform.charts(args.settings)
        wanted = dict.fromkeys(chart_names.CHART_NAMESPACES[each] for each in chosen)
        self.spaces = {space: self._namespace(space) for space in wanted}
        made: dict[ChartName, k8s.helm.v3.Release] = {}
        for each in chosen:
            before = [made[other] for other in catalogue[each].after if other in made]
            made[each] = self._release(each, catalogue[each], before)
        self.releases = list(made.values())
        self.ready = [pulumi.Output.format("{}", release.name) for release in made.values()]
        self.register_outputs({"ready": self.ready})

    def _namespace(self, space: str) -> pulumi.Output[str]:
        labels = names.labels(space, "namespace", self._args.settings.stack_name)
        made = namespace(
            space,
            labels,
            pulumi.ResourceOptions(parent=self, aliases=_aliases(space)),
            enforced=_ENFORCED.get(space, "restricted"),
            logical=f"{space}-namespace",
        )
        return pulumi.Output.all(made, *self._args.after).apply(_first)

    def _release(
        self, name: ChartName, chart: Chart, before: Sequence[pulumi.Resource]
    ) -> k8s.helm.v3.Release:
        settings = self._args.settings
        values = VALUES[name](settings)
        if name in entry.DOORS and self._args.addresses:
            values = entry.at(values, settings, name, self._args.addresses)
        return k8s.helm.v3.Release(
            name,
            k8s.helm.v3.ReleaseArgs(
                name=name,
                # Beside the program, so that the path is the same on every machine.
                chart=f"./{ARCHIVES}/{chart.archive(name)}",
                version=chart.version,
                description=chart.pin,
                namespace=self.spaces[chart_names.CHART_NAMESPACES[name]],
                values=values,
                timeout=INSTALL_SECONDS,
                max_history=HISTORY,
                # A release that fails half-way must not stay in the way of the next try.
                cleanup_on_fail=True,
            ),
            # Webhooks and kinds of the charts before: no value of theirs leads here.
            pulumi.ResourceOptions(parent=self, depends_on=list(before)),
        )


def charts(settings: Settings, here: Place, opts: pulumi.ResourceOptions) -> Installed:
    """What the product stands on: the ground, and on it charts where this program installs them."""
    laid = ground(settings, opts, here.cluster)
    if not platform.charts(settings):
        return Installed(ready=laid)
    args = ChartsArgs(settings=settings, addresses=here.addresses, after=laid)
    made = Charts("charts", args, opts)
    # What others put there is of kinds that charts bring.
    spaces = {
        name: pulumi.Output.all(space, *made.ready).apply(_first)
        for name, space in made.spaces.items()
    }
    return Installed(releases=made.releases, ready=[*laid, *made.ready], spaces=spaces)


def _aliases(space: str) -> list[pulumi.Input[str | pulumi.Alias]]:
    if space not in _MADE_BEFORE:
        return []
    kind, name = _MADE_BEFORE[space]
    parent = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{kind}::{name}"
    return [pulumi.Alias(name=space, parent=parent)]


def _first(found: Sequence[str]) -> str:
    return found[0]
