"""A server for each pod of the cluster, for as long as a pod would answer.

A pod that is told to end goes on answering for its preStop hook's sleep, as a container would that
is sent its signal after that.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drill import mesh, metrics
from drill.behaviour import Behaviour, Behaviours, tag_of
from drill.crashes import Crashes
from drill.metrics import PodCounts
from drill.pods import Server
from drill.watching import Object


@dataclass
class Fleet:
    """The servers, by the name of their pod."""

    crashes: Crashes
    behaviours: Behaviours = field(default_factory=Behaviours)
    configuration: mesh.Configuration | None = None
    """What the mesh was told last; some behaviours depend on their weight in it."""
    servers: dict[str, Server] = field(default_factory=dict[str, Server])
    _ends: dict[str, float] = field(default_factory=dict[str, float])

    async def follow(self, pods: Iterable[Object]) -> None:
        """Have a server for each pod that has a node, and none for a pod that ended."""
        present = {pod["metadata"]["name"]: pod for pod in pods}
        for name, pod in present.items():
            if name not in self.servers and pod["spec"].get("nodeName"):
                self.servers[name] = self._server(pod)
                await self.servers[name].listen()
        self._end(present)
        for server in self.servers.values():
            if server.pod not in self._ends:
                await self.crashes.follow(server, self.behaviours.of(server.tag))

    def counts(self) -> list[PodCounts]:
        """What the proxy of each pod has counted."""
        return [server.counts for server in self.servers.values()]

    def _end(self, present: Mapping[str, Object]) -> None:
        now = time.monotonic()
        for name in self.servers:
            pod = present.get(name)
            if pod is None or "deletionTimestamp" in pod["metadata"]:
                self._ends.setdefault(name, now + (_drain_seconds(pod) if pod else 0))
        for name in [name for name, at in self._ends.items() if at <= now]:
            self.servers[name].close()
            if name not in present:
                del self.servers[name], self._ends[name]

    def _server(self, pod: Object) -> Server:
        counts = PodCounts(labels=metrics.identity(pod))
        tag = tag_of(pod["spec"]["containers"][0]["image"])
        service = counts.labels["destination_workload"]
        template = counts.labels[metrics.HASH_LABEL.replace("-", "_")]

        def fate() -> Behaviour:
            of = self.behaviours.of(tag)
            if not of.errors_above_weight or self.configuration is None:
                return of
            weight = mesh.weight_of(self.configuration, service, template)
            return of if weight > of.errors_above_weight else Behaviour(latency=of.latency)

        return Server(pod=pod["metadata"]["name"], tag=tag, counts=counts, fate=fate)


def _drain_seconds(pod: Object) -> float:
    for container in pod["spec"]["containers"]:
        hook = container.get("lifecycle", {}).get("preStop", {})
        if "sleep" in hook:
            return float(hook["sleep"]["seconds"])
    return 0.0
