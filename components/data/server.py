"""One server of a data store: a StatefulSet of one pod, its volume and its Service.

For laptops and the dev cluster only: one pod, no replica, no backup. Deleting the volume claim
deletes the data; deleting the component does not delete the claim.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from components import pods
from settings import names
from settings.catalog import StoreServer

GRACE_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerArgs:
    """What distinguishes one server from another."""

    stack: str
    namespace: pulumi.Input[str]
    server: StoreServer
    command: Sequence[str] | None = None
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Variables from a Secret of this server's own, by name."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Files under `/config` that are no secret."""
    secret_files: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Files under `/secret`, readable by the process alone."""
    data: str
    """Where the volume is mounted."""
    writable: Sequence[str] = ()
    """Folders outside the volume that the process writes."""
    writable_root: bool = False
    """For images that write beside their data."""
    probe: k8s.core.v1.ProbeArgs
    startup_seconds: int = 120
    on_platform: bool = False
    """Whether it runs on the platform's nodes, which the services may not use (D-7)."""


class Server(pulumi.ComponentResource):
    """A server that clients reach at `host`."""

    host: pulumi.Output[str]
    ready_when: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make its objects; a server without secrets or files gets none of those."""
        super().__init__("manpasik:data:Server", name, None, opts)
        labels = names.labels(name, "data-store", args.stack)
        meta = pods.metadata(name, args.namespace, labels)
        account = pods.service_account(f"{name}-account", meta, self)
        self._held(name, args, meta)
        port = k8s.core.v1.ServicePortArgs(
            name="tcp", port=args.server.port, target_port="tcp", protocol="TCP"
        )
        service = pods.service(f"{name}-service", name, args.namespace, labels, [port], self)
        stateful_set = k8s.apps.v1.StatefulSet(
            f"{name}-stateful-set",
            metadata=meta,
            spec=_spec(name, args, account),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.host = pulumi.Output.format(
            "{}.{}.svc.cluster.local", service.metadata.name, service.metadata.namespace
        )
        self.ready_when = (stateful_set,)
        self.register_outputs({"host": self.host})

    def _held(self, name: str, args: ServerArgs, meta: k8s.meta.v1.ObjectMetaArgs) -> None:
        child = pulumi.ResourceOptions(parent=self)
        if args.secrets or args.secret_files:
            k8s.core.v1.Secret(
                f"{name}-secret",
                metadata=meta,
                type="Opaque",
                string_data=pulumi.Output.secret({**args.secrets, **args.secret_files}),
                opts=child,
            )
        if args.files:
            k8s.core.v1.ConfigMap(f"{name}-files", metadata=meta, data=dict(args.files), opts=child)


def tcp_probe() -> k8s.core.v1.ProbeArgs:
    """Ready when the port is open."""
    return _periodic(tcp_socket=k8s.core.v1.TCPSocketActionArgs(port="tcp"))


def exec_probe(*command: str) -> k8s.core.v1.ProbeArgs:
    """Ready when a command inside the container succeeds."""
    return _periodic(exec_=k8s.core.v1.ExecActionArgs(command=list(command)))


def _periodic(
    *,
    tcp_socket: k8s.core.v1.TCPSocketActionArgs | None = None,
    exec_: k8s.core.v1.ExecActionArgs | None = None,
    failures: int | None = None,
) -> k8s.core.v1.ProbeArgs:
    return k8s.core.v1.ProbeArgs(
        tcp_socket=tcp_socket,
        exec_=exec_,
        period_seconds=5,
        timeout_seconds=4,
        failure_threshold=failures,
    )


def _spec(
    name: str, args: ServerArgs, account: k8s.core.v1.ServiceAccount
) -> k8s.apps.v1.StatefulSetSpecArgs:
    claim = k8s.core.v1.PersistentVolumeClaimArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(name="data"),
        spec=k8s.core.v1.PersistentVolumeClaimSpecArgs(
            access_modes=["ReadWriteOnce"],
            resources=k8s.core.v1.VolumeResourceRequirementsArgs(
                requests={"storage": args.server.storage}
            ),
        ),
    )
    mounted = _mounted(name, args)
    return k8s.apps.v1.StatefulSetSpecArgs(
        service_name=name,
        replicas=1,
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels=names.selector(name)),
        template=k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(
                labels=names.labels(name, "data-store", args.stack),
                annotations={"manpasik.com/checksum": _checksum(args)},
            ),
            spec=k8s.core.v1.PodSpecArgs(
                service_account_name=account.metadata.name,
                automount_service_account_token=False,
                enable_service_links=False,
                security_context=pods.pod_security(args.server.user),
                priority_class_name=names.priority("data"),
                node_selector=_platform_label() if args.on_platform else None,
                tolerations=[_platform_taint()] if args.on_platform else None,
                termination_grace_period_seconds=GRACE_SECONDS,
                containers=[_container(name, args, [mount for _, mount in mounted])],
                volumes=[volume for volume, _ in mounted] or None,
            ),
        ),
        volume_claim_templates=[claim],
    )


def _platform_label() -> dict[str, str]:
    return {names.POOL_LABEL: names.PLATFORM_POOL}


def _platform_taint() -> k8s.core.v1.TolerationArgs:
    return k8s.core.v1.TolerationArgs(
        key=names.POOL_LABEL, operator="Equal", value=names.PLATFORM_POOL, effect="NoSchedule"
    )


def _checksum(args: ServerArgs) -> str:
    """Rolls the server when a file or password of its own changes (pitfall A-4)."""
    return names.checksum({**args.files, **args.secrets, **args.secret_files})


def _container(
    name: str, args: ServerArgs, mounts: list[k8s.core.v1.VolumeMountArgs]
) -> k8s.core.v1.ContainerArgs:
    plain = [k8s.core.v1.EnvVarArgs(name=n, value=v) for n, v in sorted(args.environment.items())]
    hidden = [pods.from_secret(n, name, n) for n in sorted(args.secrets)]
    probe = args.probe
    startup = _periodic(
        tcp_socket=k8s.core.v1.TCPSocketActionArgs(port="tcp"), failures=args.startup_seconds // 5
    )
    return k8s.core.v1.ContainerArgs(
        name=name,
        image=args.server.image,
        command=list(args.command) if args.command else None,
        args=list(args.arguments) or None,
        env=[*plain, *hidden] or None,
        ports=[
            k8s.core.v1.ContainerPortArgs(
                name="tcp", container_port=args.server.port, protocol="TCP"
            )
        ],
        resources=pods.resources(
            args.server.cpu, args.server.memory, memory_limit=args.server.memory_limit
        ),
        startup_probe=startup,
        readiness_probe=probe,
        security_context=pods.container_security(writable_root=args.writable_root),
        volume_mounts=[k8s.core.v1.VolumeMountArgs(name="data", mount_path=args.data), *mounts],
    )


def _mounted(
    name: str, args: ServerArgs
) -> list[tuple[k8s.core.v1.VolumeArgs, k8s.core.v1.VolumeMountArgs]]:
    mounted = [pods.scratch(f"scratch-{index}", path) for index, path in enumerate(args.writable)]
    if args.files:
        config = k8s.core.v1.ConfigMapVolumeSourceArgs(name=name)
        mount = k8s.core.v1.VolumeMountArgs(name="config", mount_path="/config", read_only=True)
        mounted.append((k8s.core.v1.VolumeArgs(name="config", config_map=config), mount))
    if args.secret_files:
        items = [k8s.core.v1.KeyToPathArgs(key=key, path=key) for key in sorted(args.secret_files)]
        # Owned by root, readable by the process's group: what PostgreSQL accepts for a key.
        secret = k8s.core.v1.SecretVolumeSourceArgs(
            secret_name=name, items=items, default_mode=0o440
        )
        mount = k8s.core.v1.VolumeMountArgs(name="secret", mount_path="/secret", read_only=True)
        mounted.append((k8s.core.v1.VolumeArgs(name="secret", secret=secret), mount))
    return mounted
