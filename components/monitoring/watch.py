"""What a stack is watched by, as objects: rules, monitors, routes, their secrets, dashboards.

Owns the objects in `manpasik-monitoring`; Prometheus, Alertmanager and Grafana come from their
chart (components/charts/monitoring.py) and look for them in every namespace.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.monitoring import routing, rules, scraping
from components.monitoring.dashboards import all as boards
from components.pods import metadata
from settings import monitoring, names
from settings.loader import Settings
from settings.secrets import Secrets

Spec = dict[str, object]
_VERSION = "monitoring.coreos.com/v1"
_ROUTES_VERSION = "monitoring.coreos.com/v1alpha1"
DASHBOARD_LABEL = {"grafana_dashboard": "1"}
"""By which Grafana's sidecar knows a ConfigMap of dashboards."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchArgs:
    """What is watched, and where the objects stand."""

    settings: Settings
    secrets: Secrets
    namespace: pulumi.Input[str]


class Watch(pulumi.ComponentResource):
    """The monitoring of a stack."""

    rules: pulumi.Output[str]

    def __init__(
        self, name: str, args: WatchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make secrets and routes before the rules whose alerts take them."""
        super().__init__("manpasik:monitoring:Watch", name, None, opts)
        self._name, self._args = name, args
        settings = args.settings
        secret = self._secret()
        routes = routing.configuration(settings)
        way = self._custom("routes", "AlertmanagerConfig", routes, _ROUTES_VERSION, secret)
        self.monitors = [
            self._custom(f"{each}-pods", "PodMonitor", spec, part=each)
            for each, spec in scraping.pod_monitors(settings).items()
        ]
        made = self._custom(
            "rules", "PrometheusRule", {"groups": rules.groups(settings)}, _VERSION, way
        )
        self.rules = made.id
        self._dashboards()
        self.register_outputs({"rules": self.rules})

    def _secret(self) -> k8s.core.v1.Secret:
        values = self._args.secrets.values
        wanted = monitoring.secret_readers(self._args.settings)
        return k8s.core.v1.Secret(
            f"{self._name}-secrets",
            metadata=self._metadata(names.ALERTING_SECRET),
            string_data={key: pulumi.Output.secret(values[key]) for key in sorted(wanted)},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _dashboards(self) -> None:
        """All in one ConfigMap, which Grafana's sidecar finds by its label."""
        settings = self._args.settings
        files = {f"{name}.json": text for name, text in boards.as_files(settings).items()}
        labels = names.labels(names.APPLICATION, "dashboards", settings.stack_name)
        k8s.core.v1.ConfigMap(
            f"{self._name}-dashboards",
            metadata=metadata(
                names.application("dashboards"),
                self._args.namespace,
                labels | DASHBOARD_LABEL,
                {"grafana_folder": "ManPaSik"},
            ),
            data=files,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _custom(
        self,
        logical: str,
        kind: str,
        spec: Mapping[str, object],
        version: str = _VERSION,
        *after: pulumi.Resource,
        part: str | None = None,
    ) -> k8s.apiextensions.CustomResource:
        name = names.application(part) if part else names.APPLICATION
        return k8s.apiextensions.CustomResource(
            f"{self._name}-{logical}",
            api_version=version,
            kind=kind,
            metadata=self._metadata(name),
            spec=dict(spec),
            # No value of a Secret or a route leads to what needs it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        labels = names.labels(names.APPLICATION, "monitoring", self._args.settings.stack_name)
        return metadata(name, self._args.namespace, labels)


def watched(
    settings: Settings, secrets: Secrets, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> Watch | None:
    """The monitoring of a stack that has one."""
    if not monitoring.monitored(settings):
        return None
    args = WatchArgs(settings=settings, secrets=secrets, namespace=namespace)
    return Watch("watch", args, opts)
