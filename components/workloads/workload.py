"""One service of the product: ServiceAccount, Deployment and Service.

Owns exactly R-P2-ROLL, the probes that the program really answers (PROBE-01, PROBE-02) and the
gate that keeps it from starting before its stores (ENV-01). Does not own the stores, the schema or
the values of its variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from components.environment import Environment
from components.workloads import probes
from components.workloads.gate import store_gate
from components.workloads.scaling import Scaled, autoscaler, budget
from settings import names, ownership
from settings.catalog import Service
from settings.environments import WorkloadSize

PROGRESS_DEADLINE_SECONDS = 300
# Until every gateway and kube-proxy has heard that the pod leaves; the gateway itself exits at once
# on SIGTERM (MISC-01) and gets longer.
DRAIN_SECONDS = {"grpc": 5, "http": 15}
SPARE_SECONDS = 5
SECONDS_PER_POD = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadArgs:
    """What a service needs from its surroundings."""

    stack: str
    service: Service
    size: WorkloadSize
    image: str
    pull_policy: str
    zones: int
    """Zones that the nodes are in: over more than one, no zone gets a second pod too early."""
    namespace: pulumi.Input[str]
    environment: Environment
    checksum: pulumi.Input[str]
    shutdown_seconds: int
    gate_image: str
    starts_after: Sequence[pulumi.Resource] = ()


class Workload(pulumi.ComponentResource):
    """A service as a rolling Deployment behind a ClusterIP Service."""

    service: pulumi.Output[str]
    deployment: pulumi.Output[str]

    def __init__(
        self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the account, then the Deployment, then the Service in front of it."""
        super().__init__("manpasik:workloads:Workload", name, None, opts)
        labels = names.labels(name, args.service.protocol, args.stack)
        account = pods.service_account(
            f"{name}-account", pods.metadata(name, args.namespace, labels), self
        )
        deployment = self._deployment(name, args, labels, account)
        service = self._service(name, args, labels)
        self._availability(name, args, labels, deployment)
        self.deployment = deployment.metadata.name
        self.service = service.metadata.name
        self.register_outputs({"service": self.service, "deployment": self.deployment})

    def _deployment(
        self,
        name: str,
        args: WorkloadArgs,
        labels: dict[str, str],
        account: k8s.core.v1.ServiceAccount,
    ) -> k8s.apps.v1.Deployment:
        # R-P2-ROLL, to the letter.
        strategy = k8s.apps.v1.DeploymentStrategyArgs(
            type="RollingUpdate",
            rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
        )
        return k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=pods.metadata(name, args.namespace, labels),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                # Another's field wherever the service scales (decision 3, W-1).
                replicas=None if args.size.max_replicas else args.size.replicas,
                min_ready_seconds=10,
                progress_deadline_seconds=PROGRESS_DEADLINE_SECONDS,
                strategy=strategy,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=names.selector(name)),
                template=_template(name, args, labels, account),
            ),
            # The schema Job and the stores are edges that no value carries (R-P2-MIG, ENV-01).
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.starts_after),
                custom_timeouts=_timeouts(args.size.replicas),
                ignore_changes=_written_by_others(args.size),
            ),
        )

    def _availability(
        self,
        name: str,
        args: WorkloadArgs,
        labels: dict[str, str],
        deployment: k8s.apps.v1.Deployment,
    ) -> None:
        """A budget where a drain leaves somebody to answer, an autoscaler where it may grow."""
        meta = pods.metadata(name, args.namespace, labels)
        if args.size.replicas > 1:
            budget(f"{name}-budget", name, meta, self)
        if args.size.max_replicas:
            target = Scaled(api_version="apps/v1", kind="Deployment", name=deployment.metadata.name)
            autoscaler(f"{name}-autoscaler", meta, target, args.size, self)

    def _service(
        self, name: str, args: WorkloadArgs, labels: dict[str, str]
    ) -> k8s.core.v1.Service:
        ports = [_service_port(args.service.protocol, args.service.port, args.service.protocol)]
        if args.service.metrics_port:
            ports.append(_service_port("metrics", args.service.metrics_port, "http"))
        # ClusterIP also for the gateway: a load balancer of its own would pass TLS by (ING-04).
        return pods.service(name, name, args.namespace, labels, ports, self)


def _written_by_others(size: WorkloadSize) -> list[str] | None:
    if size.max_replicas is None:
        return None
    return ownership.written_by_others("Deployment", "HorizontalPodAutoscaler")


def _timeouts(replicas: int) -> pulumi.CustomTimeouts:
    """How long the engine waits: until the deadline has passed, and for each pod to be replaced."""
    seconds = f"{PROGRESS_DEADLINE_SECONDS + SECONDS_PER_POD * replicas}s"
    return pulumi.CustomTimeouts(create=seconds, update=seconds)


def _service_port(name: str, port: int, protocol: str) -> k8s.core.v1.ServicePortArgs:
    return k8s.core.v1.ServicePortArgs(
        name=name, port=port, target_port=name, app_protocol=protocol, protocol="TCP"
    )


def _template(
    name: str,
    args: WorkloadArgs,
    labels: dict[str, str],
    account: k8s.core.v1.ServiceAccount,
) -> k8s.core.v1.PodTemplateSpecArgs:
    drain = DRAIN_SECONDS[args.service.protocol]
    volume, _ = pods.scratch()
    gate = store_gate(args.service, args.gate_image, args.environment)
    return k8s.core.v1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(
            labels=labels, annotations={"manpasik.com/checksum": args.checksum}
        ),
        spec=k8s.core.v1.PodSpecArgs(
            service_account_name=account.metadata.name,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pods.pod_security(),
            termination_grace_period_seconds=drain + args.shutdown_seconds + SPARE_SECONDS,
            priority_class_name=names.priority(args.service.priority),
            topology_spread_constraints=_spread(name, args.zones),
            init_containers=[gate] if gate else None,
            containers=[_container(name, args, drain)],
            volumes=[volume],
        ),
    )


def _container(name: str, args: WorkloadArgs, drain: int) -> k8s.core.v1.ContainerArgs:
    ports = [(args.service.protocol, args.service.port)]
    if args.service.metrics_port:
        ports.append(("metrics", args.service.metrics_port))
    _, mount = pods.scratch()
    size = args.size
    return k8s.core.v1.ContainerArgs(
        name=name,
        image=args.image,
        image_pull_policy=args.pull_policy,
        ports=[
            k8s.core.v1.ContainerPortArgs(name=port_name, container_port=port, protocol="TCP")
            for port_name, port in ports
        ],
        env=args.environment.variables(),
        resources=pods.resources(
            size.cpu, size.memory, cpu_limit=size.cpu_limit, memory_limit=size.memory_limit
        ),
        startup_probe=probes.startup(args.service),
        readiness_probe=probes.readiness(args.service),
        liveness_probe=probes.liveness(args.service),
        lifecycle=k8s.core.v1.LifecycleArgs(
            pre_stop=k8s.core.v1.LifecycleHandlerArgs(
                sleep=k8s.core.v1.SleepActionArgs(seconds=drain)
            )
        ),
        security_context=pods.container_security(),
        volume_mounts=[mount],
    )


def _spread(name: str, zones: int) -> list[k8s.core.v1.TopologySpreadConstraintArgs]:
    """Over zones strictly where there are several, so that a lost one takes a third at most.

    Over nodes as far as there is room. Nodes that take no pods do not count: the pods of a lost
    zone may start in those that are left.
    """
    strict = {"topology.kubernetes.io/zone": zones > 1, "kubernetes.io/hostname": False}
    return [
        k8s.core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="DoNotSchedule" if strictly else "ScheduleAnyway",
            node_taints_policy="Honor",
            label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=names.selector(name)),
            # Of each ReplicaSet by itself, so that a rolling update spreads too.
            match_label_keys=["pod-template-hash"],
        )
        for key, strictly in strict.items()
    ]
