"""`mpk migrate` inside a cluster: the service's own migration Job, once more and for one purpose.

Most databases are reached by their cluster alone. The newest Job of the service has image, files,
role and limits; what is made here is a copy of it that runs one step down, or only looks.
"""

import copy
import datetime
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

from operations.cluster import Cluster, ClusterError, Object
from operations.migrations.running import MigrationError
from operations.refusal import RefusedError
from operations.schema_situation import PURPOSE, purpose_of

Purpose = Literal["up", "down", "doctor", "repair"]
KEPT_SECONDS = 24 * 3600
LOOK_SECONDS = 1.0
_ONLY_LOOKS = ("doctor", "repair")


def newest(jobs: list[Object], service: str) -> Object:
    """The Job that is copied."""
    own = [each for each in jobs if purpose_of(each) is None]
    if not own:
        raise RefusedError(
            f"nothing was changed: no migration Job of {service} is there to take after; deploy it "
            "first, or name its database with --database"
        )
    return own[-1]


def derived(job: Object, purpose: Purpose, accept: int | None = None) -> Object:
    """A Job for one purpose, with the pod of the given one."""
    pod: dict[str, Any] = copy.deepcopy(job["spec"]["template"]["spec"])
    steps = {each["name"]: each for each in (*pod["initContainers"], *pod["containers"])}
    if purpose == "down":
        _tell(steps["preflight"], "WAY", "down")
        steps["migrate"]["command"] = [*steps["migrate"]["command"][:-1], "down", "1"]
    if purpose == "doctor":
        _tell(steps["preflight"], "LOOK_ONLY", "yes")
    if accept is not None:
        _tell(steps["preflight"], "ACCEPT", str(accept))
    if purpose in _ONLY_LOOKS:
        pod["containers"] = [steps["preflight"]]
        pod["initContainers"] = [e for e in pod["initContainers"] if e["name"] != "preflight"]
    metadata = job["metadata"]
    labels: dict[str, str] = job["spec"]["template"]["metadata"].get("labels") or {}
    own = {k: v for k, v in labels.items() if "controller-uid" not in k and "job-name" not in k}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": _name(str(metadata["name"]), purpose),
            "namespace": metadata["namespace"],
            "labels": own,
            "annotations": {PURPOSE: purpose},
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": job["spec"]["activeDeadlineSeconds"],
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {
                "metadata": {"labels": own},
                "spec": pod,
            },
        },
    }


def _name(source: str, purpose: Purpose) -> str:
    """Its service, its purpose and the moment: two at once are two Jobs, and the lock decides."""
    service = source.rpartition("-migrate-")[0] or source
    moment = datetime.datetime.now(datetime.UTC).strftime("%m%d%H%M%S%f")[:-3]
    return f"{service[:40]}-{purpose}-{moment}"


def _tell(container: dict[str, Any], name: str, value: str) -> None:
    others = [each for each in container.get("env", []) if each["name"] != name]
    container["env"] = [*others, {"name": name, "value": value}]


def run(cluster: Cluster, job: Object, say: Callable[[str], None], timeout_seconds: float) -> None:
    """Make it, wait until it ends, say what its containers said; raises where it failed."""
    name, space = job["metadata"]["name"], job["metadata"]["namespace"]
    cluster.create(job)
    say(f"Job {name} runs")
    deadline = time.monotonic() + timeout_seconds
    while (outcome := _outcome(cluster, name, space)) is None:
        if time.monotonic() > deadline:
            raise ClusterError(f"the Job {name} has not ended after {timeout_seconds:.0f} s; it "
                               f"goes on: kubectl logs -n {space} job/{name} -f")  # fmt: skip
        time.sleep(LOOK_SECONDS)
    for line in said(cluster, name, space):
        say(line)
    if outcome == "Failed":
        raise MigrationError(f"the Job {name} failed; what it said stands above")


def _outcome(cluster: Cluster, name: str, space: str) -> str | None:
    found = cluster.get("batch/v1", "Job", name, space) or {}
    conditions: list[dict[str, Any]] = found.get("status", {}).get("conditions") or []
    ended = [each["type"] for each in conditions if each["status"] == "True"]
    return next((each for each in ended if each in ("Complete", "Failed")), None)


def said(cluster: Cluster, name: str, space: str) -> Iterator[str]:
    """The words of the steps that look and migrate."""
    for pod in cluster.list("v1", "Pod", space, selector=f"job-name={name}"):
        spec = pod["spec"]
        for container in (*spec.get("initContainers", []), *spec["containers"]):
            if container["name"] in ("preflight", "migrate"):
                yield from cluster.log(
                    space, pod["metadata"]["name"], container["name"]
                ).splitlines()
