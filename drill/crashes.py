"""Pods that die while they serve, as a kubelet would tell of it.

The simulated kubelets let a pod fail from its start by the tag of its image. A version that serves
well for a while and then dies is told here: the server goes away, and the pod's status says that
its container was restarted and is not ready.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from drill.behaviour import Behaviour
from drill.pods import Server
from localcluster.api import Endpoint
from localcluster.errors import LocalClusterError
from settings import names

_PODS = f"/api/v1/namespaces/{names.APPLICATION_NAMESPACE}/pods"
DOWN_SECONDS = 10.0
"""A kubelet's first back-off."""


@dataclass
class Crashes:
    """Which pods have died, and when they come back."""

    api: Endpoint
    born: dict[str, float] = field(default_factory=dict[str, float])
    back_at: dict[str, float] = field(default_factory=dict[str, float])

    async def follow(self, server: Server, of: Behaviour) -> None:
        """Let the pod die, or come back, when its time has come."""
        if of.crash_after is None:
            return
        now = time.monotonic()
        if server.pod in self.back_at:
            if now >= self.back_at[server.pod]:
                del self.back_at[server.pod]
                self.born[server.pod] = now
                await server.listen()
                await asyncio.to_thread(self._tell, server.pod, crashed=False)
        elif now >= self.born.setdefault(server.pod, now) + of.crash_after:
            server.close()
            self.back_at[server.pod] = now + DOWN_SECONDS
            await asyncio.to_thread(self._tell, server.pod, crashed=True)

    def _tell(self, pod: str, *, crashed: bool) -> None:
        held = self.api.call("GET", f"{_PODS}/{pod}")
        if not held or "containerStatuses" not in held.get("status", {}):
            return
        status = held["status"]
        for each in status["containerStatuses"]:
            each["ready"] = not crashed
            each["restartCount"] += crashed
            each["state"] = _state(crashed=crashed)
        for condition in status["conditions"]:
            if condition["type"] in ("Ready", "ContainersReady"):
                condition["status"] = "False" if crashed else "True"
        patch = {key: status[key] for key in ("containerStatuses", "conditions")}
        try:
            self.api.call(
                "PATCH", f"{_PODS}/{pod}/status", {"status": patch},
                "application/strategic-merge-patch+json",
            )  # fmt: skip
        except LocalClusterError:
            return  # it was deleted meanwhile


def _state(*, crashed: bool) -> dict[str, Any]:
    if not crashed:
        return {"running": {}}
    return {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting"}}
