"""What an image registry says of an image: whether it is there, and whether somebody signed it.

Asked before a release changes anything, over the registry's own HTTP API and without a login. One
that does not answer, or lets nobody in, is no reason to stop: what the cluster may pull is its own
matter. A signature is looked for where cosign puts it; whose it is, an admission policy decides.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import urllib3
from urllib3.util import make_headers

from operations.refusal import RefusedError

SECONDS = 4.0
LOOPBACK = ("127.0.0.1", "localhost")
_KINDS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_PAIR = re.compile(r'(realm|service|scope)="([^"]*)"')
_OK, _CREATED, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 201, 401, 403, 404

Found = Literal["signed", "unsigned", "absent", "unknown"]


@dataclass(frozen=True, slots=True)
class Image:
    """What was learnt of one image."""

    found: Found
    why: str = ""
    """Of an unknown one, why nothing was learnt."""


class Registry:
    """One registry; the token that it hands out is kept for each repository."""

    def __init__(self, user: str = "", password: str = "") -> None:
        """Prepare; nothing is asked yet. With a user, names can be given too."""
        self._login = make_headers(basic_auth=f"{user}:{password}") if password else {}
        self._pool = urllib3.PoolManager(timeout=SECONDS, retries=False)
        self._tokens: dict[str, str] = {}

    def look(self, image: str) -> Image:
        """Ask for an image as a stack names it: `host/path/service:tag`. Raises nothing."""
        place, _, tag = image.rpartition(":")
        host, _, repository = place.partition("/")
        try:
            return self._look(host, repository, tag)
        except urllib3.exceptions.HTTPError as error:
            return Image("unknown", f"{host} does not answer ({type(error).__name__})")

    def _look(self, host: str, repository: str, tag: str) -> Image:
        answer = self._ask(host, repository, "HEAD", f"manifests/{tag}")
        if answer.status == _NOT_FOUND:
            return Image("absent")
        if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
            return Image("unknown", f"{host} lets nobody look without a login")
        if answer.status != _OK:
            return Image("unknown", f"{host} answers {answer.status}")
        digest = answer.headers.get("docker-content-digest", "")
        return Image("signed" if self._signed(host, repository, digest) else "unsigned")

    def _signed(self, host: str, repository: str, digest: str) -> bool:
        """Whether a signature lies beside it: by its tag, or as one that refers to it."""
        if not digest:
            return False
        tag = digest.replace(":", "-")
        if self._ask(host, repository, "HEAD", f"manifests/{tag}.sig").status == _OK:
            return True
        # A registry that keeps no list of what refers to an image has it under a tag.
        for place in (f"referrers/{digest}", f"manifests/{tag}"):
            answer = self._ask(host, repository, "GET", place)
            listed: list[dict[str, Any]] = (
                answer.json().get("manifests") or [] if answer.status == _OK else []
            )
            if any("sigstore" in str(each.get("artifactType", "")) for each in listed):
                return True
        return False

    def manifest(self, image: str, reference: str) -> tuple[str, bytes]:
        """An image's manifest, its kind and bytes; `image`: `host/path/service`."""
        answer = self._must("GET", image, f"manifests/{reference}")
        return answer.headers.get("content-type", ""), answer.data

    def document(self, image: str, reference: str) -> dict[str, Any]:
        """The same as data."""
        return json.loads(self.manifest(image, reference)[1])

    def digest(self, image: str, tag: str) -> str | None:
        """What a tag names now; None where there is none."""
        host, _, repository = image.partition("/")
        answer = self._ask(host, repository, "HEAD", f"manifests/{tag}")
        return answer.headers.get("docker-content-digest") if answer.status == _OK else None

    def signed(self, image: str, digest: str) -> bool:
        """Whether a signature lies beside it."""
        host, _, repository = image.partition("/")
        return self._signed(host, repository, digest)

    def put(self, image: str, tag: str, kind: str, content: bytes) -> None:
        """Give a manifest that is there a name."""
        self._must("PUT", image, f"manifests/{tag}", kind=kind, body=content)

    def _must(self, method: str, image: str, what: str, **sent: Any) -> urllib3.BaseHTTPResponse:
        host, _, repository = image.partition("/")
        try:
            answer = self._ask(host, repository, method, what, **sent)
        except urllib3.exceptions.HTTPError as error:
            raise RefusedError(f"{host} does not answer ({type(error).__name__})") from None
        if answer.status not in (_OK, _CREATED):
            raise RefusedError(f"{host} answers {answer.status} to {method} {repository}/{what}")
        return answer

    def _ask(
        self,
        host: str,
        repository: str,
        method: str,
        what: str,
        *,
        kind: str = "",
        body: bytes | None = None,
    ) -> urllib3.BaseHTTPResponse:
        scheme = "http" if host.partition(":")[0] in LOOPBACK else "https"
        url = f"{scheme}://{host}/v2/{repository}/{what}"
        said = {"Content-Type": kind} if kind else {}
        answer = self._pool.request(
            method, url, headers=self._headers(repository) | said, body=body
        )
        asked = challenge(answer)
        if answer.status != _UNAUTHORIZED or asked is None:
            return answer
        self._tokens[repository] = self._token(*asked)
        return self._pool.request(method, url, headers=self._headers(repository) | said, body=body)

    def _headers(self, repository: str) -> dict[str, str]:
        token = self._tokens.get(repository)
        return {"Accept": _KINDS} | ({"Authorization": f"Bearer {token}"} if token else {})

    def _token(self, realm: str, query: Mapping[str, str]) -> str:
        """What the registry gives to this user, or to somebody without a name."""
        answer = self._pool.request("GET", f"{realm}?{urlencode(query)}", headers=self._login)
        if answer.status != _OK:
            return ""
        found: dict[str, Any] = answer.json()
        return str(found.get("token") or found.get("access_token") or "")


def challenge(answer: urllib3.BaseHTTPResponse) -> tuple[str, dict[str, str]] | None:
    """Where a registry says that a token is had, and what to ask for there."""
    said = answer.headers.get("www-authenticate", "")
    told = dict(_PAIR.findall(said))
    realm = told.pop("realm", "")
    safe = realm.startswith(("https://", *(f"http://{host}" for host in LOOPBACK)))
    return (realm, told) if safe and said.lower().startswith("bearer ") else None
