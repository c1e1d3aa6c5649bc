"""The few calls that starting a cluster needs: JSON over TLS to its API server, as its admin.

The standard library is enough here, and starts twenty times faster than a Kubernetes client.
"""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcluster.errors import LocalClusterError

TIMEOUT_SECONDS = 10
CALL_SECONDS = 60
"""A definition of a megabyte takes its time on a machine that others use as well."""
FIELD_MANAGER = "manpasik-localcluster"
UNREACHABLE = (OSError, http.client.HTTPException)
"""What a call raises when nothing answers."""
_CLIENT_ERROR = 400
_NOT_FOUND = 404


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A TLS server on loopback and the client certificate to speak to it with."""

    port: int
    ca: Path
    certificate: Path
    key: Path

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/json",
        seconds: float = TIMEOUT_SECONDS,
    ) -> tuple[int, str]:
        """Status and text of the answer; raises one of `UNREACHABLE` when there is none."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.certificate, self.key)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=seconds, context=context
        )
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": content_type})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def answers(self, path: str) -> bool:
        """Whether a health path says 200."""
        try:
            return self.request("GET", path)[0] == http.client.OK
        except UNREACHABLE:
            return False

    def call(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> dict[str, Any]:
        """The answered object; {} when there is none of that name."""
        try:
            status, text = self.request(method, path, body, content_type, CALL_SECONDS)
        except UNREACHABLE as error:
            message = (
                f"The local API server on 127.0.0.1:{self.port} does not answer ({error}). "
                "Run `mpk local up` again: it starts what has died."
            )
            raise LocalClusterError(message) from error
        if status == _NOT_FOUND:
            return {}
        if status >= _CLIENT_ERROR:
            message = (
                f"The local API server refused {method} {path} with {status}: {text.strip()}. "
                "Run `mpk local down`, then `mpk local up`, for a fresh cluster."
            )
            raise LocalClusterError(message)
        return json.loads(text)

    def apply(self, path: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Server-side apply: creates the object or corrects what we own of it."""
        query = f"{path}?fieldManager={FIELD_MANAGER}&force=true"
        return self.call("PATCH", query, manifest, "application/apply-patch+yaml")
