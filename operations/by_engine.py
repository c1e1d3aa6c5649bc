"""A release that the engine deploys: what it says is not believed, the cluster is looked at.

A stack in a cloud has values that only the engine knows, so no recorded manifest is applied there.
The program's own order holds: no service starts before its migration Job succeeded (R-P2-MIG).
"""

from collections.abc import Mapping, Sequence

from operations import schema_situation
from operations.cluster import Cluster, Object
from operations.readiness import assess
from operations.workloads import Workload
from settings.loader import Settings


class DeployError(Exception):
    """The engine did not bring the stack to the version; the message is what it said."""


def unmigrated(cluster: Cluster, settings: Settings, services: Sequence[str]) -> list[str]:
    """The services whose schema this version's own Job did not bring up, and why."""
    own = [name for name in services if settings.services[name].schema_files]
    found = {name: schema_situation.look(cluster, settings, name).jobs for name in own}
    told = {name: _why(jobs, settings.release) for name, jobs in found.items()}
    return [f"{name}: {why}" for name, why in told.items() if why]


def _why(jobs: Sequence[Object], tag: str) -> str:
    this = [each for each in jobs if any(i.endswith(f":{tag}") for i in _images(each))]
    if not this:
        return f"no migration Job of {tag}"
    state = assess(this[-1])
    return "" if state.phase == "ready" else f"its migration Job is {state.phase}: {state.message}"


def _images(job: Object) -> list[str]:
    pod = job["spec"]["template"]["spec"]
    return [str(each["image"]) for each in [*pod.get("initContainers", []), *pod["containers"]]]


def unready(live: Mapping[str, Workload], wanted: Mapping[str, str]) -> dict[str, str]:
    """The services that do not run the version that they should, and what they run."""
    return {
        name: f"runs {live[name].version}: {live[name].state.message}" if name in live else "gone"
        for name, version in wanted.items()
        if name not in live or live[name].version != version or not live[name].state.good
    }
