"""The ApplySet of a stack: which objects belong to it, so that what left the program is pruned.

Follows Kubernetes' ApplySet specification (KEP-3659): a parent object names the set and the kinds
in it, each member wears the set's label. The parent is widened before the first object is applied
and narrowed after the last, so that an interrupted run forgets nothing.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from operations.cluster import Cluster, ClusterError, Object

ID_LABEL = "applyset.kubernetes.io/id"
PART_OF_LABEL = "applyset.kubernetes.io/part-of"
TOOLING = "applyset.kubernetes.io/tooling"
KINDS = "applyset.kubernetes.io/contains-group-kinds"
NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
PARENT_NAMESPACE = "default"
# Their content outlives a change of the program: removed by a person, never by pruning.
NEVER_PRUNED = frozenset({"Namespace", "PersistentVolumeClaim"})

GroupKind = tuple[str, str]
"""apiVersion and kind."""


class ApplySet:
    """The objects that one stack has applied to one cluster."""

    def __init__(self, cluster: Cluster, stack: str) -> None:
        """Name the set; nothing is read or written yet."""
        self._cluster = cluster
        self._name = f"applyset-manpasik-{stack}"
        key = f"{self._name}.{PARENT_NAMESPACE}.ConfigMap."
        digest = hashlib.sha256(key.encode()).digest()
        encoded = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        self.id = f"applyset-{encoded}-v1"

    def labelled(self, content: Mapping[str, Any]) -> Object:
        """The object as a member of the set."""
        metadata = content["metadata"]
        labels = {**metadata.get("labels", {}), PART_OF_LABEL: self.id}
        return {**content, "metadata": {**metadata, "labels": labels}}

    def has(self, content: Mapping[str, Any]) -> bool:
        """Whether a live object is a member."""
        return content["metadata"].get("labels", {}).get(PART_OF_LABEL) == self.id

    def recorded_kinds(self) -> set[GroupKind]:
        """The kinds that earlier runs may have applied."""
        parent = self._parent()
        listed = parent["metadata"].get("annotations", {}).get(KINDS, "") if parent else ""
        found = (entry.partition(".") for entry in listed.split(",") if entry)
        served = {(self._cluster.served_version(group, kind), kind) for kind, _, group in found}
        return {(version, kind) for version, kind in served if version is not None}

    def write(self, kinds: Iterable[GroupKind], namespaces: Iterable[str]) -> None:
        """Say in the parent which kinds and namespaces the set may hold."""
        self._cluster.apply(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": self._name,
                    "namespace": PARENT_NAMESPACE,
                    "labels": {ID_LABEL: self.id},
                    "annotations": {
                        TOOLING: "mpk/v1",
                        KINDS: ",".join(sorted(_shown(kind) for kind in kinds)),
                        NAMESPACES: ",".join(sorted(namespaces)),
                    },
                },
            },
            force=True,
        )

    def members(self, kinds: Iterable[GroupKind]) -> list[Object]:
        """Every live object of these kinds that wears the set's label."""
        selector = f"{PART_OF_LABEL}={self.id}"
        return [
            member
            for api_version, kind in sorted(kinds)
            for member in self._cluster.list(api_version, kind, selector=selector)
        ]

    def forget(self) -> None:
        """Delete the parent: the stack is gone from this cluster."""
        self._cluster.delete("v1", "ConfigMap", self._name, PARENT_NAMESPACE)

    def _parent(self) -> Object | None:
        parent = self._cluster.get("v1", "ConfigMap", self._name, PARENT_NAMESPACE)
        if parent is not None and parent["metadata"].get("labels", {}).get(ID_LABEL) != self.id:
            raise ClusterError(
                f"ConfigMap {PARENT_NAMESPACE}/{self._name} is not this stack's ApplySet; remove it"
            )
        return parent


def _shown(kind: GroupKind) -> str:
    api_version, name = kind
    group = api_version.rpartition("/")[0]
    return f"{name}.{group}" if group else name
