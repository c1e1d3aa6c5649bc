"""Who wrote what while several wrote: the weights, the pods and the differences, as they changed.

Watches the fields of `settings/ownership.py` on one service, and what Argo CD says of them.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drill import mesh
from drill.course import LIST_SECONDS
from drill.watching import Kind, Object, Watched
from localcluster.api import Endpoint
from settings import names
from settings.ownership import HASH_LABEL

_SPACE = f"namespaces/{names.APPLICATION_NAMESPACE}"
_ARGO = "/apis/argoproj.io/v1alpha1"
_ISTIO = f"/apis/networking.istio.io/v1/{_SPACE}"
KINDS = (
    Kind(name="rollouts", path=f"{_ARGO}/{_SPACE}/rollouts"),
    Kind(name="services", path=f"/api/v1/{_SPACE}/services"),
    Kind(name="virtual_services", path=f"{_ISTIO}/virtualservices"),
    Kind(name="destination_rules", path=f"{_ISTIO}/destinationrules"),
    Kind(name="applications", path=f"{_ARGO}/namespaces/{names.GITOPS_NAMESPACE}/applications"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What held from one moment on."""

    at: float
    weight: int
    """Per cent of the canary."""
    replicas: int
    """As the Rollout asks for them."""
    pinned: bool
    """Whether every subset names a version."""
    differing: frozenset[str]
    """What Argo CD calls OutOfSync, of every Application."""


class Writers:
    """Watches one service from now on; every change is a sight."""

    def __init__(self, api: Endpoint, service: str) -> None:
        """Begin; returns once everything was read once."""
        self._service = service
        self._lock = threading.Lock()
        self.sights: list[Sight] = []
        self._watched = Watched(api, KINDS, self._note)
        self._watched.wait(LIST_SECONDS)
        self._note()

    def since(self, at: float) -> list[Sight]:
        """The sights from then on, first the one that held already."""
        before = [each for each in self.sights if each.at < at]
        return [*before[-1:], *(each for each in self.sights if each.at >= at)]

    def _note(self) -> None:
        if not hasattr(self, "_watched"):
            return
        sight = sight_of(self._service, self._watched.snapshot(), time.time())
        with self._lock:
            if sight and (not self.sights or _content(self.sights[-1]) != _content(sight)):
                self.sights.append(sight)


def sight_of(service: str, found: Mapping[str, Sequence[Object]], at: float) -> Sight | None:
    """What the API server holds of a service and of the Applications; None where it is not yet."""
    rollouts = [each for each in found["rollouts"] if each["metadata"]["name"] == service]
    rules = [each for each in found["destination_rules"] if each["metadata"]["name"] == service]
    if not rollouts or not rules:
        return None
    configuration = mesh.Configuration(
        services=found["services"],
        virtual_services=found["virtual_services"],
        destination_rules=found["destination_rules"],
    )
    subsets: Sequence[Mapping[str, Any]] = rules[0]["spec"].get("subsets", ())
    return Sight(
        at=at,
        weight=mesh.weights(configuration, service).get(names.CANARY, 0),
        replicas=rollouts[0]["spec"].get("replicas", 0),
        pinned=all(HASH_LABEL in each.get("labels", {}) for each in subsets),
        differing=frozenset(
            f"{each['kind']}/{each['name']}"
            for application in found["applications"]
            for each in application.get("status", {}).get("resources", [])
            if each.get("status") == "OutOfSync"
        ),
    )


def runs_of(values: Sequence[int]) -> list[int]:
    """Each value as often as it came anew."""
    return [each for n, each in enumerate(values) if n == 0 or values[n - 1] != each]


def _content(of: Sight) -> tuple[Any, ...]:
    return of.weight, of.replicas, of.pinned, of.differing
