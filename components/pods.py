"""Safe defaults of every pod, in one place.

Non-root, no service account token, no injected Service variables, dropped capabilities, read-only
root: Pod Security `restricted` holds for whatever is built here (SEC-02, ENV-11). Zero-valued
defaults are left out on purpose (pitfall W-4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s

from settings import names

NOBODY = 65534
JOB_RETRIES = 3
SCRATCH = "/tmp"  # noqa: S108 - the mount point of an emptyDir inside the container


def container_security(*, writable_root: bool = False) -> k8s.core.v1.SecurityContextArgs:
    """What a container may do: nothing that it was not built for."""
    return k8s.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=None if writable_root else True,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def pod_security(user: int = NOBODY) -> k8s.core.v1.PodSecurityContextArgs:
    """Who a pod runs as."""
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def resources(
    cpu: str, memory: str, *, cpu_limit: str | None = None, memory_limit: str
) -> k8s.core.v1.ResourceRequirementsArgs:
    """Requests and limits; quantities arrive canonical from the settings."""
    limits = {"memory": memory_limit} | ({"cpu": cpu_limit} if cpu_limit else {})
    return k8s.core.v1.ResourceRequirementsArgs(
        requests={"cpu": cpu, "memory": memory}, limits=limits
    )


def from_secret(name: str, secret: pulumi.Input[str], key: str) -> k8s.core.v1.EnvVarArgs:
    """A variable whose value is a Secret's key, by reference."""
    return k8s.core.v1.EnvVarArgs(
        name=name,
        value_from=k8s.core.v1.EnvVarSourceArgs(
            secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=secret, key=key)
        ),
    )


def scratch(
    name: str = "scratch", path: str = SCRATCH
) -> tuple[k8s.core.v1.VolumeArgs, k8s.core.v1.VolumeMountArgs]:
    """A writable folder that goes with the pod."""
    volume = k8s.core.v1.VolumeArgs(name=name, empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs())
    return volume, k8s.core.v1.VolumeMountArgs(name=name, mount_path=path)


def from_config_map(
    name: str, path: str, config_map: pulumi.Input[str]
) -> tuple[k8s.core.v1.VolumeArgs, k8s.core.v1.VolumeMountArgs]:
    """The entries of a ConfigMap as files that nobody can write."""
    source = k8s.core.v1.ConfigMapVolumeSourceArgs(name=config_map)
    volume = k8s.core.v1.VolumeArgs(name=name, config_map=source)
    return volume, k8s.core.v1.VolumeMountArgs(name=name, mount_path=path, read_only=True)


def job(
    logical: str,
    purpose: str,
    namespace: pulumi.Input[str],
    labels: Mapping[str, str],
    template: k8s.core.v1.PodTemplateSpecArgs,
    deadline_seconds: int,
    opts: pulumi.ResourceOptions,
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
) -> k8s.batch.v1.Job:
    """A Job whose name changes with anything in its template, which never can (pitfall A-2)."""
    awaited: list[pulumi.Output[Any]] = []
    content = _plain(template, awaited)
    name = pulumi.Output.all(*awaited).apply(
        lambda found: names.job(purpose, _filled(content, found))
    )
    return k8s.batch.v1.Job(
        logical,
        metadata=metadata(name, namespace, labels, annotations),
        spec=k8s.batch.v1.JobSpecArgs(
            backoff_limit=JOB_RETRIES,
            active_deadline_seconds=deadline_seconds,
            template=template,
        ),
        opts=opts,
    )


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The place of an Output in plain data."""

    index: int


def _plain(value: Any, awaited: list[pulumi.Output[Any]]) -> Any:
    """Arguments as plain data; what is not known yet is appended to `awaited`, its place marked.

    `Output.from_input` would do, but makes an Output of every string: ten times the work.
    """
    if isinstance(value, pulumi.Output):
        awaited.append(cast("pulumi.Output[Any]", value))
        return _Awaited(len(awaited) - 1)
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value).items()
        return {key: _plain(entry, awaited) for key, entry in entries}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(entry, awaited) for entry in cast("Sequence[Any]", value)]
    return _plain(vars(value), awaited) if hasattr(value, "__dict__") else value


def _filled(value: Any, found: Sequence[Any]) -> Any:
    """Plain data with what was awaited in its places."""
    if isinstance(value, _Awaited):
        return found[value.index]
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value).items()
        return {key: _filled(entry, found) for key, entry in entries}
    if isinstance(value, list):
        return [_filled(entry, found) for entry in cast("list[Any]", value)]
    return value


def metadata(
    name: pulumi.Input[str],
    namespace: pulumi.Input[str],
    labels: Mapping[str, str],
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
) -> k8s.meta.v1.ObjectMetaArgs:
    """Metadata with the physical name that the settings gave."""
    return k8s.meta.v1.ObjectMetaArgs(
        name=name, namespace=namespace, labels=dict(labels), annotations=annotations
    )


def service(
    logical: str,
    name: str,
    namespace: pulumi.Input[str],
    labels: Mapping[str, str],
    ports: Sequence[k8s.core.v1.ServicePortArgs],
    parent: pulumi.Resource,
    *,
    selects: str | None = None,
    ignores: list[str] | None = None,
) -> k8s.core.v1.Service:
    """A ClusterIP Service in front of the pods of `name`, or of another name that it selects.

    The engine does not wait for it: its endpoints are the workload's readiness, which is waited for
    already, and waiting twice blocks the engine's few workers before any workload is made.
    """
    return k8s.core.v1.Service(
        logical,
        metadata=metadata(name, namespace, labels, {"pulumi.com/skipAwait": "true"}),
        spec=k8s.core.v1.ServiceSpecArgs(
            type="ClusterIP", selector=names.selector(selects or name), ports=list(ports)
        ),
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=ignores),
    )


def service_account(
    logical: str, meta: k8s.meta.v1.ObjectMetaArgs, parent: pulumi.Resource
) -> k8s.core.v1.ServiceAccount:
    """An identity of its own, without a token: no service talks to the API server."""
    return k8s.core.v1.ServiceAccount(
        logical,
        metadata=meta,
        automount_service_account_token=False,
        opts=pulumi.ResourceOptions(parent=parent),
    )
