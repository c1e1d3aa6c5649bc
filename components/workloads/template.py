"""The pod of a service: its program behind the gate, with probes, draining and spread.

The same pod whether a Deployment or a Rollout makes it.
"""

import json
from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from components.workloads import probes
from components.workloads.gate import store_gate
from components.workloads.workload_args import WorkloadArgs
from settings import capacity, names, ownership, signals

# Until every gateway and kube-proxy has heard that the pod leaves; the gateway itself exits at once
# on SIGTERM (MISC-01) and gets longer.
DRAIN_SECONDS = {"grpc": 5, "http": 15}
SPARE_SECONDS = 5
DEPLOYMENT_HASH = "pod-template-hash"


def template(
    name: str,
    args: WorkloadArgs,
    labels: dict[str, str],
    account: k8s.core.v1.ServiceAccount,
) -> k8s.core.v1.PodTemplateSpecArgs:
    """The pod template."""
    drain = DRAIN_SECONDS[args.service.protocol]
    volume, _ = pods.scratch()
    gate = store_gate(args.service, args.gate_image, args.environment)
    meta = k8s.meta.v1.ObjectMetaArgs(
        labels=labels | _mesh_labels(args), annotations=_annotations(args)
    )
    return k8s.core.v1.PodTemplateSpecArgs(
        metadata=meta,
        spec=k8s.core.v1.PodSpecArgs(
            service_account_name=account.metadata.name,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pods.pod_security(),
            termination_grace_period_seconds=drain + args.shutdown_seconds + SPARE_SECONDS,
            priority_class_name=names.priority(args.service.priority),
            topology_spread_constraints=_spread(name, args),
            init_containers=[gate] if gate else None,
            containers=[_container(name, args, drain)],
            volumes=[volume],
        ),
    )


def _mesh_labels(args: WorkloadArgs) -> dict[str, str]:
    """The version by which the mesh's metrics call a pod's answers (its canonical revision)."""
    if not args.delivery.meshed:
        return {}
    return {"app.kubernetes.io/version": names.version_label(args.version)}


def _annotations(args: WorkloadArgs) -> Mapping[str, pulumi.Input[str]]:
    """The checksum, and in the mesh what its proxy must know.

    The proxy is a native sidecar, so that it runs before the gate and ends after the service;
    the metrics port stays outside, since whoever scrapes it is; the histogram has an edge at each
    threshold.
    """
    found: dict[str, pulumi.Input[str]] = {"manpasik.com/checksum": args.checksum}
    if not args.delivery.meshed:
        return found
    found |= {
        "sidecar.istio.io/nativeSidecar": "true",
        "sidecar.istio.io/proxyCPU": f"{capacity.PROXY_CPU}m",
        "sidecar.istio.io/proxyMemory": f"{capacity.PROXY_MIB}Mi",
        # Of Envoy's own figures the open connections (R-MON-5); by itself it tells next to none.
        "sidecar.istio.io/statsInclusionSuffixes": "downstream_cx_active",
        "sidecar.istio.io/statsHistogramBuckets": json.dumps(
            {"istiocustom": list(signals.BUCKETS_MS)}, separators=(",", ":")
        ),
    }
    if args.service.metrics_port:
        port = str(args.service.metrics_port)
        found["traffic.sidecar.istio.io/excludeInboundPorts"] = port
    return found


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


def _spread(name: str, args: WorkloadArgs) -> list[k8s.core.v1.TopologySpreadConstraintArgs]:
    """Over zones strictly where there are several, so that a lost one takes a third at most.

    Over nodes as far as there is room. Nodes that take no pods do not count: the pods of a lost
    zone may start in those that are left.
    """
    strict = {"topology.kubernetes.io/zone": args.zones > 1, "kubernetes.io/hostname": False}
    # Of each ReplicaSet by itself, so that an update spreads too.
    hash_label = DEPLOYMENT_HASH if args.strategy == "rolling" else ownership.HASH_LABEL
    return [
        k8s.core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="DoNotSchedule" if strictly else "ScheduleAnyway",
            node_taints_policy="Honor",
            label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=names.selector(name)),
            match_label_keys=[hash_label],
        )
        for key, strictly in strict.items()
    ]
