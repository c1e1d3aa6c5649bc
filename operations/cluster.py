"""A live cluster as plain dictionaries: the few calls that operations need.

Wraps the Kubernetes client, whose types are dynamic; nothing outside this file knows it. Errors
become `ClusterError` with the API server's own words and what to do.
"""

import json
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from kubernetes import client, dynamic
from kubernetes import config as kube_config
from kubernetes.client import ApiException
from kubernetes.dynamic import exceptions as dynamic_exceptions
from urllib3.exceptions import HTTPError

FIELD_MANAGER = "mpk"
CALL_SECONDS = 20
# An immutable field's refusal quotes the whole object.
LONGEST_MESSAGE = 400
_NOT_FOUND = 404
_CONFLICT = 409

Object = dict[str, Any]
"""A Kubernetes object as the API server gives it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where one object is."""

    api_version: str
    kind: str
    namespace: str
    name: str


class ClusterError(Exception):
    """The cluster refused or did not answer."""


class ConflictError(ClusterError):
    """Another field manager owns a field that would change."""


class Cluster:
    """One cluster behind a kubeconfig."""

    def __init__(self, kubeconfig: str, context: str | None = None) -> None:
        """Read the kubeconfig and ask the cluster what kinds it serves."""
        if not Path(kubeconfig).is_file():
            raise ClusterError(f"there is no kubeconfig at {kubeconfig}; run: mpk local up")
        with _explained():
            api: Any = kube_config.new_client_from_config(kubeconfig, context)  # pyright: ignore[reportUnknownMemberType]
            # The cache is of this process only: ports of local clusters are used again.
            with tempfile.TemporaryDirectory() as folder:
                self._client: Any = dynamic.DynamicClient(
                    api, cache_file=f"{folder}/discovery.json"
                )

    def apply(
        self, content: Mapping[str, Any], *, force: bool = False, manager: str = FIELD_MANAGER
    ) -> Object:
        """Create or change an object by server-side apply; returns what the cluster then holds."""
        with _explained():
            return self._call(
                self._client.server_side_apply,
                content["apiVersion"],
                content["kind"],
                body=dict(content),
                field_manager=manager,
                force_conflicts=force,
                namespace=content["metadata"].get("namespace"),
            )

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Object | None:
        """One object, or None."""
        try:
            with _explained():
                return self._call(
                    self._client.get, api_version, kind, name=name, namespace=namespace or None
                )
        except _MissingError:
            return None

    def list(
        self, api_version: str, kind: str, namespace: str = "", selector: str = ""
    ) -> list[Object]:
        """Every object of a kind; an unknown kind or namespace has none."""
        options = {"label_selector": selector} if selector else {}
        try:
            with _explained():
                found = self._call(
                    self._client.get, api_version, kind, namespace=namespace or None, **options
                )
        except _MissingError:
            return []
        return [item | {"kind": kind, "apiVersion": api_version} for item in found["items"]]

    def create(self, content: Mapping[str, Any]) -> Object:
        """Make an object; `ConflictError` where one of that name is there already."""
        with _explained():
            return self._write(self._client.create, content)

    def replace(self, content: Mapping[str, Any]) -> Object:
        """Write an object as it was read; `ConflictError` where it changed meanwhile."""
        with _explained():
            return self._write(self._client.replace, content)

    def merge(
        self, place: Place, change: Mapping[str, Any], *, subresource: str | None = None
    ) -> Object:
        """Change these fields and no others; None removes one. `subresource`: status."""
        with _explained():
            return self._call(
                self._client.patch,
                place.api_version,
                place.kind,
                subresource=subresource,
                name=place.name,
                namespace=place.namespace or None,
                body=dict(change),
                content_type="application/merge-patch+json",
                field_manager=FIELD_MANAGER,
            )

    def _write(self, verb: Any, content: Mapping[str, Any]) -> Object:
        return self._call(
            verb,
            content["apiVersion"],
            content["kind"],
            body=dict(content),
            namespace=content["metadata"].get("namespace"),
            field_manager=FIELD_MANAGER,
        )

    def delete(self, api_version: str, kind: str, name: str, namespace: str = "") -> bool:
        """Delete an object with what it owns; False where it was gone already."""
        try:
            with _explained():
                self._call(
                    self._client.delete, api_version, kind, name=name, namespace=namespace or None,
                    body={"propagationPolicy": "Background"},
                )  # fmt: skip
        except _MissingError:
            return False
        return True

    def log(self, namespace: str, pod: str, container: str) -> str:
        """What a container said; empty where its node does not tell."""
        try:
            with _explained():
                core: Any = client.CoreV1Api(self._client.client)
                return str(core.read_namespaced_pod_log(
                    pod, namespace, container=container, _request_timeout=CALL_SECONDS
                ))  # fmt: skip
        except ClusterError:
            return ""

    def served_version(self, group: str, kind: str) -> str | None:
        """The apiVersion in which the cluster serves a kind; None where it serves it no more.

        Of several, as autoscaling/v1 and v2, the one that the cluster prefers.
        """
        if not group:
            return "v1"
        found: list[Any] = self._client.resources.search(group=group, kind=kind)
        found.sort(key=lambda resource: not resource.preferred)
        return str(found[0].group_version) if found else None

    def _call(
        self,
        verb: Any,
        api_version: str,
        kind: str,
        *,
        subresource: str | None = None,
        **arguments: Any,
    ) -> Object:
        try:
            resource = self._client.resources.get(api_version=api_version, kind=kind)
            resource = resource.subresources[subresource] if subresource else resource
        except dynamic_exceptions.ResourceNotFoundError:
            raise _MissingError(f"the cluster serves no {kind} of {api_version}") from None
        answer = verb(resource, serialize=False, _request_timeout=CALL_SECONDS, **arguments)
        return cast("Object", json.loads(answer.data))


class _MissingError(ClusterError):
    """The object, or its kind, is not there."""


@contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except ApiException as refused:
        error: Any = refused
        message = _message(error)
        if error.status == _NOT_FOUND:
            raise _MissingError(message) from None
        if error.status == _CONFLICT:
            raise ConflictError(message) from None
        raise ClusterError(f"the API server refused ({error.status}): {message}") from None
    except kube_config.ConfigException as error:
        raise ClusterError(f"the kubeconfig cannot be used: {error}") from None
    except (HTTPError, OSError) as error:
        raise ClusterError(
            f"the API server does not answer ({type(error).__name__}); run: mpk local status"
        ) from None


def _message(error: Any) -> str:
    body: Any = error.body
    try:
        message = str(json.loads(body)["message"])
        return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + " …"
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
