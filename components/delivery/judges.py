"""The AnalysisTemplates that Rollouts name, once for all services.

Owns the objects and the pod of the smoke tests; what is measured stands in `analysis.py`.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from components.delivery import analysis
from components.delivery.analysis import Spec
from components.pods import metadata
from settings import names
from settings.strategy import Delivery

SMOKE_SECONDS = 900
_VERSION = "argoproj.io/v1alpha1"


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgesArgs:
    """Where, and by which figures."""

    stack: str
    delivery: Delivery
    namespace: pulumi.Input[str]
    smoke_image: str
    """Image that runs the product's tests against TARGET and fails where one fails."""
    smoke_pull_policy: str


class Judges(pulumi.ComponentResource):
    """The templates of the stack's strategy."""

    templates: list[str]

    def __init__(
        self, name: str, args: JudgesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make them."""
        super().__init__("manpasik:delivery:Judges", name, None, opts)
        self._args = args
        if args.delivery.strategy == "canary":
            found = {"abort": analysis.abort(args.delivery), "step": analysis.step(args.delivery)}
        else:
            watch = analysis.watch(args.delivery)
            found = {"smoke": analysis.smoke(self._smoke(name)), "watch": watch}
        for part, spec in found.items():
            self._template(f"{name}-{part}", part, spec)
        self.templates = sorted(found)
        self.register_outputs({"templates": self.templates})

    def _template(self, logical: str, part: str, spec: Spec) -> None:
        labels = names.labels(names.APPLICATION, "analysis", self._args.stack)
        k8s.apiextensions.CustomResource(
            logical,
            api_version=_VERSION,
            kind="AnalysisTemplate",
            metadata=metadata(names.analysis(part), self._args.namespace, labels),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _smoke(self, name: str) -> Spec:
        """The Job of the smoke tests: one try, since a test that passes at times has failed."""
        own_name = names.analysis("smoke")
        labels = names.labels(own_name, "smoke", self._args.stack)
        account = pods.service_account(
            f"{name}-smoke-account", metadata(own_name, self._args.namespace, labels), self
        )
        pod = k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(
                labels=labels, annotations={"sidecar.istio.io/nativeSidecar": "true"}
            ),
            spec=k8s.core.v1.PodSpecArgs(
                service_account_name=account.metadata.name,
                automount_service_account_token=False,
                enable_service_links=False,
                security_context=pods.pod_security(),
                restart_policy="Never",
                priority_class_name=names.priority("standard"),
                containers=[self._tests()],
            ),
        )
        spec: Spec = {"backoffLimit": 0, "activeDeadlineSeconds": SMOKE_SECONDS, "template": pod}
        return {"spec": spec}

    def _tests(self) -> k8s.core.v1.ContainerArgs:
        service, port = (f"{{{{args.{each}}}}}" for each in (analysis.SERVICE, "port"))
        target = f"{names.preview(service)}:{port}"
        return k8s.core.v1.ContainerArgs(
            name="smoke",
            image=self._args.smoke_image,
            image_pull_policy=self._args.smoke_pull_policy,
            env=[
                k8s.core.v1.EnvVarArgs(name="SERVICE", value=service),
                k8s.core.v1.EnvVarArgs(name="TARGET", value=target),
            ],
            resources=pods.resources("50m", "64Mi", memory_limit="256Mi"),
            security_context=pods.container_security(),
        )
