"""What the stand-in clouds hold: resources by type and identity, and the troubles a test orders.

It lives in the test's process, so it outlives every engine that is killed, and a test can look into
it, take something away behind the engine's back, or let a resource fail.
"""

import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# By what a cloud finds a resource again: two of one type and identity cannot be.
NAMING = (
    "identifier",
    "clusterIdentifier",
    "replicationGroupId",
    "bucket",
    "roleName",
    "name",
    "accountId",
)
# Within which a name is unique: a user of its server; of a zone's records also what kind,
# and for whom; of a bucket's grants who gets which role.
WITHIN = (
    *("member", "role"),
    *("clusterName", "cluster", "keyRing", "instance"),
    *("zoneId", "managedZone", "setIdentifier"),
)
_KUBERNETES = {"apiVersion", "kind"}


class TroubleError(Exception):
    """A cloud refuses; the message is what it says."""


@dataclass
class Trouble:
    """What a test orders to go wrong: a part of a URN, what is said, how often."""

    part: str
    message: str
    times: int = 1_000_000


@dataclass
class World:
    """Everything that exists in the stand-in clouds."""

    things: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    seconds_per_change: float = 0.0
    says: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The status of a Rollout by its name, where its controller finds it other than healthy."""
    followed: Counter[str] = field(default_factory=Counter)
    """How often the API server of a stack's cluster was asked for its Rollouts."""
    calls: Counter[str] = field(default_factory=Counter)
    """How often each verb was asked for: create, update, delete, read."""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _lock: Any = field(default_factory=threading.RLock)

    def create(self, kind: str, urn: str, properties: dict[str, Any]) -> str:
        """A new thing; its identity."""
        self._change("create", urn)
        with self._lock:
            identity = identity_of(properties, urn) or f"{_short(kind)}-{next(self._numbers):08x}"
            if (kind, identity) in self.things:
                raise TroubleError(f"{kind} {identity} already exists")
            self.things[kind, identity] = properties
        return identity

    def update(self, kind: str, urn: str, identity: str, properties: dict[str, Any]) -> None:
        """Change a thing that exists."""
        self._change("update", urn)
        with self._lock:
            if (kind, identity) not in self.things:
                raise TroubleError(f"{kind} {identity} does not exist")
            self.things[kind, identity] = properties

    def delete(self, kind: str, urn: str, identity: str) -> None:
        """Take a thing away; what is gone is gone."""
        self._change("delete", urn)
        with self._lock:
            self.things.pop((kind, identity), None)

    def read(self, kind: str, identity: str) -> dict[str, Any] | None:
        """What a thing is now, or None."""
        self.calls["read"] += 1
        with self._lock:
            return self.things.get((kind, identity))

    def of(self, part: str) -> dict[str, dict[str, Any]]:
        """The things whose type holds this word, by identity."""
        return {name: value for (kind, name), value in self.things.items() if part in kind}

    def _change(self, verb: str, urn: str) -> None:
        self.calls[verb] += 1
        time.sleep(self.seconds_per_change)
        for trouble in self.troubles:
            if trouble.part in urn and trouble.times > 0:
                trouble.times -= 1
                raise TroubleError(trouble.message)


def identity_of(properties: dict[str, Any], urn: str) -> str | None:
    """What the cloud calls a thing that was given a name; None where it thinks of one."""
    if properties.keys() >= _KUBERNETES:
        metadata = properties["metadata"]
        # Each stack has a cluster of its own.
        parts = (urn.split("::")[0], properties["kind"])  # noqa: PLC0207
        parts += (metadata.get("namespace"), metadata.get("name"))
        return "/".join(str(part) for part in parts if part)
    if "kubernetes:helm.sh/" in urn:
        return "/".join((urn.split("::")[0], properties["namespace"], properties["name"]))  # noqa: PLC0207
    for key in NAMING:
        if isinstance(value := properties.get(key), str) and value:
            parents = [properties[each] for each in WITHIN if isinstance(properties.get(each), str)]
            if {"zoneId", "managedZone"} & properties.keys():
                parents.append(properties["type"])
            return ":".join([*parents, value])
    return None


def _short(kind: str) -> str:
    return kind.rsplit(":", 1)[-1].lower()[:12]
