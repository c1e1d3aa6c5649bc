"""One recording per stack and session, and how tests look into it."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from rendering import Recorded, manifests, record
from rendering.recorder import redact
from settings import load
from settings.loader import Settings

STACKS = ("dev", "local", "production", "staging")


def local(**services: Any) -> Settings:
    """The settings of the stack local, with these services changed."""
    return load("local", {"environment": "local", "services": services})


@functools.cache
def recorded(stack: str) -> tuple[Recorded, ...]:
    """Every resource that the program registers for a stack."""
    return tuple(record(load(stack)))


@functools.cache
def objects(stack: str) -> tuple[Mapping[str, Any], ...]:
    """Every Kubernetes object of a stack as a plain dictionary, secrets shown as [secret]."""
    return tuple(redact(manifest.content) for manifest in manifests(recorded(stack)))


def of_kind(stack: str, *kinds: str) -> list[Mapping[str, Any]]:
    """The objects of some kinds."""
    return [found for found in objects(stack) if found["kind"] in kinds]


def one(stack: str, kind: str, name: str) -> Mapping[str, Any]:
    """The one object of that kind and name."""
    (found,) = [each for each in of_kind(stack, kind) if each["metadata"]["name"] == name]
    return found


def pod_templates(stack: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every pod template, with the kind and name of what holds it."""
    for found in of_kind(stack, "Deployment", "StatefulSet", "Job"):
        yield f"{found['kind']} {found['metadata']['name']}", found["spec"]["template"]


def containers(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All containers of a pod, those that run first included."""
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def environment(container: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """A container's variables by name."""
    return {variable["name"]: variable for variable in container.get("env", [])}
