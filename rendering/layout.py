"""Where each object stands in the Kustomize tree (R-KUS), by the labels that it wears.

Every object of a service stands under that service, so its change alters no other file.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from settings import names

SERVICES = "services"
DATA = "data"
PLATFORM = "platform"
GITOPS = "argocd"
_NAME, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
_CONFIG = {"ConfigMap": "configmap", "SealedSecret": "secrets"}


@dataclass(frozen=True, order=True)
class Place:
    """A file of the base, a folder of an overlay."""

    room: str
    """`services`, `config`, `data`, `platform`; empty for what stands in no folder."""
    name: str

    @property
    def path(self) -> str:
        """The place in base or overlay."""
        return f"{self.room}/{self.name}" if self.room else self.name

    def application(self, kind: str) -> str:
        """The file of an object in Argo CD's paths: one a service, one for data, one for the rest.

        These folders are flat, since Argo CD looks into no folder below.
        """
        if self.room == SERVICES:
            return f"{self.name}/{kind.lower()}.yaml"
        room = self.room if self.room in (DATA, GITOPS) else PLATFORM
        return f"{room}/{self.name}.yaml"


def place(content: Mapping[str, Any], services: Collection[str]) -> Place:
    """The place of an object."""
    metadata: Mapping[str, Any] = content["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    name = labels.get(_NAME) or str(metadata["name"])
    component = labels.get(_COMPONENT, "")
    kind = str(content["kind"])
    if kind == "SealedSecret" or component == "configuration":
        return Place("config", _CONFIG.get(kind, kind.lower()))
    if component == "gitops":
        return Place(GITOPS, kind.lower())
    if component == "entrance":
        return Place("", "ingress")
    owner = name.removesuffix("-migration") if component == "migration" else name
    if owner in services:
        return Place(SERVICES, owner)
    if component == "data-store" or (kind == "Job" and _is_in_data(metadata)):
        return Place(DATA, name)
    return Place(PLATFORM, component or kind.lower())


def _is_in_data(metadata: Mapping[str, Any]) -> bool:
    return metadata.get("namespace") == names.DATA_NAMESPACE
