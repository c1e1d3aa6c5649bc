"""One pod as a service of a compose file: the same image, user, limits and health in other words.

Whatever this does not know stops it, like the recorder: a volume that is left out without a word
would be a container that starts without its files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rendering.compose_stores import ENTRYPOINTS, open_port_check
from rendering.compose_values import Values
from settings.model import millicores

Words = dict[str, Any]
"""A service in the words of the Compose Specification."""

_PULL = {"Always": "always", "IfNotPresent": "missing", "Never": "never"}
DEFAULT_RETRIES = 3
"""Kubernetes' failure threshold where a probe names none."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """What a Deployment, a StatefulSet or a Job says of its one container."""

    name: str
    content: Mapping[str, Any]

    @property
    def spec(self) -> Mapping[str, Any]:
        """The pod's own specification."""
        return self.content["spec"]["template"]["spec"]

    @property
    def container(self) -> Mapping[str, Any]:
        """The one container that stays."""
        containers: Sequence[Any] = self.spec["containers"]
        if len(containers) != 1:
            raise NotImplementedError(f"{self.name} has {len(containers)} containers; Compose, one")
        return containers[0]

    @property
    def user(self) -> tuple[int, int]:
        """User and group of the process."""
        security = self.spec["securityContext"]
        return security["runAsUser"], security["runAsGroup"]

    @property
    def ports(self) -> dict[str, int]:
        """Its open ports by name."""
        return {port["name"]: port["containerPort"] for port in self.container.get("ports", [])}


@dataclass(frozen=True, kw_only=True)
class Mounts:
    """Where a container finds and leaves its files."""

    volumes: list[Words] = field(default_factory=list[Words])
    scratch: list[str] = field(default_factory=list[str])
    """Folders in memory that go with the container."""
    plain: dict[str, str] = field(default_factory=dict[str, str])
    """Files to be written before the program starts, by path."""
    encoded: dict[str, str] = field(default_factory=dict[str, str])
    """The same for files that are kept in base64."""


def service(pod: Pod, values: Values, mounts: Mounts) -> Words:
    """The service of a pod, but for what it starts after and what is published."""
    container, (user, group) = pod.container, pod.user
    environment = values.environment(container)
    words: Words = {"image": container["image"]}
    if policy := container.get("imagePullPolicy"):
        words["pull_policy"] = _PULL[policy]
    words |= _commands(pod, values, mounts, environment)
    files = {_variable(path): text for path, text in (mounts.plain | mounts.encoded).items()}
    words["environment"] = environment | dict(sorted(files.items()))
    words["expose"] = [str(port) for port in pod.ports.values()]
    words["volumes"] = mounts.volumes
    tmpfs = f"uid={user},gid={group},mode=0700"
    words["tmpfs"] = [f"{folder}:{tmpfs}" for folder in sorted(mounts.scratch)]
    words |= _confined(pod)
    if "readinessProbe" in container:
        words["healthcheck"] = _health(pod, values)
    words |= _limits(container["resources"])
    return {key: value for key, value in words.items() if value not in ([], {})}


def mounts(pod: Pod, values: Values) -> Mounts:
    """A pod's volumes: what is kept, what goes, and the files that are written at each start."""
    found = Mounts()
    claims = {
        each["metadata"]["name"] for each in pod.content["spec"].get("volumeClaimTemplates", ())
    }
    sources = {each["name"]: each for each in pod.spec.get("volumes", ())}
    for mount in pod.container.get("volumeMounts", ()):
        name, path = mount["name"], mount["mountPath"]
        if name in claims:
            found.volumes.append(_kept(f"{pod.name}-{name}", path))
            continue
        found.scratch.append(path)
        match sources[name]:
            case {"emptyDir": _}:
                pass
            case {"configMap": {"name": config}}:
                found.plain.update(_below(path, values.config(config)))
            case {"secret": {"secretName": secret, "items": items}}:
                paths = {item["key"]: item["path"] for item in items}
                found.encoded.update(_below(path, values.secret_files(secret, paths)))
            case _:
                raise NotImplementedError(f"{pod.name}: Compose does not know the volume {name}")
    return found


def _kept(volume: str, path: str) -> Words:
    # As with a claim, what the image holds at that place is not copied into it.
    return {"type": "volume", "source": volume, "target": path, "volume": {"nocopy": True}}


def _below(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in sorted(files.items())}


def _variable(path: str) -> str:
    return "FILE" + "".join(c if c.isalnum() else "_" for c in path).upper()


def _commands(pod: Pod, values: Values, found: Mounts, environment: Mapping[str, str]) -> Words:
    """What is run, after it has written its files.

    They come by the environment: Compose itself puts files of its own text into no container whose
    root is read-only.
    """
    container = pod.container
    entrypoint = values.words(container.get("command", ()), environment)
    if found.plain or found.encoded:
        lines = [f'printf %s "$${_variable(path)}" > {path}' for path in found.plain]
        lines += [f'printf %s "$${_variable(path)}" | base64 -d > {path}' for path in found.encoded]
        program = " ".join(entrypoint) or ENTRYPOINTS[pod.name]
        script = "\n".join(["umask 077", *lines, f'exec {program} "$$@"', ""])
        entrypoint = ["sh", "-euc", script, "sh"]
    return {
        "entrypoint": entrypoint,
        "command": values.words(container.get("args", ()), environment),
    }


def _confined(pod: Pod) -> Words:
    """What the process may do: no more than in its pod (SEC-02)."""
    security = pod.container["securityContext"]
    user, group = pod.user
    words: Words = {"user": f"{user}:{group}"}
    if security.get("readOnlyRootFilesystem"):
        words["read_only"] = True
    else:
        # The kubelet adds the groups that the image gives its user. Images whose process writes
        # outside its data open those folders to the group root.
        words["group_add"] = ["0"]
    words["cap_drop"] = security["capabilities"]["drop"]
    words["security_opt"] = ["no-new-privileges:true"]
    # Reaps what health checks leave behind, and hands signals on.
    words["init"] = True
    words["stop_grace_period"] = f"{_grace_seconds(pod)}s"
    return words


def _grace_seconds(pod: Pod) -> int:
    """The pod's grace less its wait for others to hear of its end: Compose moves no traffic."""
    hook: Any = pod.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
    return pod.spec.get("terminationGracePeriodSeconds", 30) - hook.get("seconds", 0)


def _health(pod: Pod, values: Values) -> Words:
    """The readiness probe, asked from inside the container.

    gRPC services: the open port, since no image holds `grpc_health_probe` (PROBE-01) and busybox
    speaks no gRPC. Docker restarts nothing for it; others wait for it, and `ps` shows it.
    """
    probe, begun = pod.container["readinessProbe"], pod.container["startupProbe"]
    seconds = probe["timeoutSeconds"]
    match probe:
        case {"exec": {"command": command}}:
            test = ["CMD", *command]
        case {"grpc": {"port": port}}:
            test = ["CMD", "nc", "-z", "-w", str(seconds), "127.0.0.1", str(port)]
        case {"httpGet": {"path": path, "port": port}}:
            address = f"http://127.0.0.1:{port}{path}"
            test = ["CMD", "wget", "-q", "-T", str(seconds), "-O", "/dev/null", address]
        case {"tcpSocket": _}:
            test = open_port_check(pod.name, next(iter(pod.ports.values())))
        case _:
            raise NotImplementedError(f"{pod.name}: Compose does not know its readiness probe")
    return {
        "test": [values.text(word) for word in test],
        "interval": f"{probe['periodSeconds']}s",
        "timeout": f"{seconds}s",
        "retries": probe.get("failureThreshold", DEFAULT_RETRIES),
        "start_period": f"{begun['periodSeconds'] * begun['failureThreshold']}s",
    }


def _limits(resources: Mapping[str, Mapping[str, str]]) -> Words:
    return {
        "deploy": {
            "resources": {
                "limits": _quantities(resources["limits"]),
                "reservations": _quantities(resources["requests"]),
            }
        }
    }


def _quantities(found: Mapping[str, str]) -> dict[str, str]:
    """Kubernetes' quantities in Compose's: `250m` is 0.25, `128Mi` is 128M (of 1024 * 1024)."""
    quantities = {"memory": found["memory"].removesuffix("i")}
    if "cpu" in found:
        quantities["cpus"] = f"{millicores(found['cpu']) / 1000:g}"
    return dict(sorted(quantities.items()))
