"""One service of the product: account, pods, Service, and what keeps enough of it running.

By its strategy a Deployment that rolls exactly as R-P2-ROLL says, or a Rollout (R-P3-CAN,
R-P4-BG); the pod is the same (`template.py`). In the mesh also its route and who may call it. Does
not own the stores, the schema or the values of its variables.
"""

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from components.delivery.rollout import RolloutArgs, rollout
from components.mesh.service import MeshService, MeshServiceArgs
from components.workloads.scaling import Scaled, autoscaler, budget
from components.workloads.template import template
from components.workloads.workload_args import WorkloadArgs
from settings import names, ownership

__all__ = ["Workload", "WorkloadArgs"]

PROGRESS_DEADLINE_SECONDS = 300
SECONDS_PER_POD = 30
_ROLLOUT_VERSION = "argoproj.io/v1alpha1"


class Workload(pulumi.ComponentResource):
    """A service behind a ClusterIP Service."""

    service: pulumi.Output[str]
    deployment: pulumi.Output[str]
    """Name of the Deployment or Rollout."""

    def __init__(
        self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the account, then the pods, then the Service in front of them."""
        super().__init__("manpasik:workloads:Workload", name, None, opts)
        self._args = args
        self._labels = names.labels(name, args.service.protocol, args.stack)
        account = pods.service_account(f"{name}-account", self._meta(name), self)
        pod = template(name, args, self._labels, account)
        service = self._service(name, name)
        if args.strategy == "rolling":
            self._in_mesh(name)
            scaled = self._deployment(name, pod)
        else:
            scaled = self._rollout(name, pod, self._before_rollout(name, service))
        self._availability(name, scaled)
        self.deployment = pulumi.Output.from_input(scaled.name)
        self.service = service.metadata.name
        self.register_outputs({"service": self.service, "deployment": self.deployment})

    def _meta(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return pods.metadata(name, self._args.namespace, self._labels)

    def _released(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        """Each revision keeps what its code finds in the database (pitfall M-4)."""
        schema = {names.SCHEMA_ANNOTATION: str(len(self._args.service.schema_files))}
        return pods.metadata(name, self._args.namespace, self._labels, schema)

    def _deployment(self, name: str, pod: k8s.core.v1.PodTemplateSpecArgs) -> Scaled:
        # R-P2-ROLL, to the letter.
        strategy = k8s.apps.v1.DeploymentStrategyArgs(
            type="RollingUpdate",
            rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
        )
        made = k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=self._released(name),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=self._replicas(),
                min_ready_seconds=10,
                progress_deadline_seconds=PROGRESS_DEADLINE_SECONDS,
                strategy=strategy,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=names.selector(name)),
                template=pod,
            ),
            opts=self._options("Deployment", self._args.starts_after),
        )
        return Scaled(api_version="apps/v1", kind="Deployment", name=made.metadata.name)

    def _rollout(
        self,
        name: str,
        pod: k8s.core.v1.PodTemplateSpecArgs,
        after: Sequence[pulumi.Resource],
    ) -> Scaled:
        args = self._args
        spec = rollout(
            RolloutArgs(
                name=name,
                port=args.service.port,
                replicas=self._replicas(),
                template=pod,
                progress_deadline_seconds=PROGRESS_DEADLINE_SECONDS,
                strategy=args.strategy,
                delivery=args.delivery,
            )
        )
        made = k8s.apiextensions.CustomResource(
            f"{name}-rollout",
            api_version=_ROLLOUT_VERSION,
            kind="Rollout",
            metadata=self._released(name),
            spec=spec,
            opts=self._options("Rollout", [*args.starts_after, *after]),
        )
        return Scaled(api_version=_ROLLOUT_VERSION, kind="Rollout", name=_named(made, name))

    def _replicas(self) -> int | None:
        """None where they are another's field: wherever the service scales (decision 3, W-1)."""
        return None if self._args.size.max_replicas else self._args.size.replicas

    def _options(self, kind: str, after: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        """The schema Job and the stores are edges that no value carries (R-P2-MIG, ENV-01)."""
        scales = self._args.size.max_replicas is not None
        others = ownership.written_by_others(kind, "HorizontalPodAutoscaler") if scales else None
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(after),
            custom_timeouts=_timeouts(self._args.size.replicas),
            ignore_changes=others,
            # The provider awaits a Deployment by itself, and no custom resource.
            hooks=self._args.settled if kind == "Rollout" else None,
        )

    def _before_rollout(self, name: str, service: k8s.core.v1.Service) -> Sequence[pulumi.Resource]:
        """A Rollout is invalid until its Services, route and subsets are there."""
        before: list[pulumi.Resource] = [service]
        if self._args.strategy != "rolling":
            preview = names.preview(name)
            before.append(self._service(preview, preview, chosen=True))
        return [*before, *self._in_mesh(name)]

    def _in_mesh(self, name: str) -> Sequence[pulumi.Resource]:
        args = self._args
        if not args.delivery.meshed:
            return []
        made = MeshService(
            f"{name}-mesh",
            MeshServiceArgs(
                stack=args.stack,
                service=args.service,
                strategy=args.strategy,
                delivery=args.delivery,
                identities=args.callers,
                public=args.public,
                namespace=args.namespace,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return [made.route, made.destination]

    def _availability(self, name: str, scaled: Scaled) -> None:
        """A budget where a drain leaves somebody to answer, an autoscaler where it may grow."""
        size = self._args.size
        if size.replicas > 1:
            budget(f"{name}-budget", name, self._meta(name), self)
        if size.max_replicas:
            autoscaler(f"{name}-autoscaler", self._meta(name), scaled, size, self)

    def _service(self, logical: str, own_name: str, *, chosen: bool = False) -> k8s.core.v1.Service:
        args = self._args
        ports = [_service_port(args.service.protocol, args.service.port, args.service.protocol)]
        if args.service.metrics_port:
            ports.append(_service_port("metrics", args.service.metrics_port, "http"))
        # ClusterIP also for the gateway: a load balancer of its own would pass TLS by (ING-04).
        return pods.service(
            logical,
            own_name,
            args.namespace,
            self._labels,
            ports,
            self,
            selects=args.service.name,
            ignores=_CHOSEN if chosen or args.strategy == "blue-green" else None,
        )


_CHOSEN = ownership.written_by_others("Service", "Argo Rollouts")
"""Of a Service whose selector says which version or colour it leads to: another writes that."""


def _named(made: k8s.apiextensions.CustomResource, name: str) -> pulumi.Output[str]:
    """The name, once the object is there."""
    return made.id.apply(lambda _: name)


def _timeouts(replicas: int) -> pulumi.CustomTimeouts:
    """How long the engine waits: until the deadline has passed, and for each pod to be replaced."""
    seconds = f"{PROGRESS_DEADLINE_SECONDS + SECONDS_PER_POD * replicas}s"
    return pulumi.CustomTimeouts(create=seconds, update=seconds)


def _service_port(name: str, port: int, protocol: str) -> k8s.core.v1.ServicePortArgs:
    return k8s.core.v1.ServicePortArgs(
        name=name, port=port, target_port=name, app_protocol=protocol, protocol="TCP"
    )
