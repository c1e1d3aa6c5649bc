"""What an image registry says of an image: whether it is there, and whether somebody signed it.

Asked before a release changes anything, over the registry's own HTTP API and without a login. One
that does not answer, or lets nobody in, is no reason to stop: what the cluster may pull is its own
matter. A signature is looked for where cosign puts it; whose it is, an admission policy decides.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import urllib3

SECONDS = 4.0
_LOOPBACK = ("127.0.0.1", "localhost")
_KINDS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_PAIR = re.compile(r'(realm|service|scope)="([^"]*)"')
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 401, 403, 404

Found = Literal["signed", "unsigned", "absent", "unknown"]


@dataclass(frozen=True, slots=True)
class Image:
    """What was learnt of one image."""

    found: Found
    why: str = ""
    """Of an unknown one, why nothing was learnt."""


class Registry:
    """One registry; the token that it hands out is kept for each repository."""

    def __init__(self) -> None:
        """Prepare; nothing is asked yet."""
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
        tag = f"manifests/{digest.replace(':', '-')}.sig"
        if self._ask(host, repository, "HEAD", tag).status == _OK:
            return True
        answer = self._ask(host, repository, "GET", f"referrers/{digest}")
        if answer.status != _OK:
            return False
        listed: list[dict[str, Any]] = answer.json().get("manifests") or []
        return any("sigstore" in str(each.get("artifactType", "")) for each in listed)

    def _ask(self, host: str, repository: str, method: str, what: str) -> urllib3.BaseHTTPResponse:
        scheme = "http" if host.partition(":")[0] in _LOOPBACK else "https"
        url = f"{scheme}://{host}/v2/{repository}/{what}"
        answer = self._pool.request(method, url, headers=self._headers(repository))
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status != _UNAUTHORIZED or not challenge.lower().startswith("bearer "):
            return answer
        self._tokens[repository] = self._token(challenge)
        return self._pool.request(method, url, headers=self._headers(repository))

    def _headers(self, repository: str) -> dict[str, str]:
        token = self._tokens.get(repository)
        return {"Accept": _KINDS} | ({"Authorization": f"Bearer {token}"} if token else {})

    def _token(self, challenge: str) -> str:
        """What the registry gives to somebody without a name."""
        told = dict(_PAIR.findall(challenge))
        realm = told.pop("realm", "")
        if not realm.startswith(("https://", *(f"http://{host}" for host in _LOOPBACK))):
            return ""
        answer = self._pool.request("GET", f"{realm}?{urlencode(told)}")
        if answer.status != _OK:
            return ""
        found: dict[str, Any] = answer.json()
        return str(found.get("token") or found.get("access_token") or "")
