"""Where a chart's archive is brought from: its publisher's repository, a folder, a registry.

Proxies and certificates are the environment's own (`HTTPS_PROXY`, `SSL_CERT_FILE`), a login comes
from `~/.netrc`: what a company's mirror asks for. Nothing here judges what it brings.
"""

import hashlib
import netrc
import urllib.request
from typing import Any, cast
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3
import yaml

from operations.registry import LOOPBACK, challenge

SECONDS = 60.0
MOST_ARCHIVE, MOST_INDEX = 20 * 1024 * 1024, 200 * 1024 * 1024
_OCI = "oci://"
_CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_OK, _UNAUTHORIZED = 200, 401


class NotBroughtError(Exception):
    """Why there is no archive, in a sentence."""


class Downloads:
    """Brings archives; a repository's index is read once."""

    def __init__(self) -> None:
        """Prepare; nothing is asked yet."""
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._indexes: dict[str, Any] = {}
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.clear()

    def from_publisher(self, repository: str, chart: str, version: str) -> tuple[str, bytes]:
        """By the repository's own index, as Helm does."""
        index = f"{repository}/index.yaml"
        if index not in self._indexes:
            self._indexes[index] = _parsed(index, self._get(index, MOST_INDEX))
        for each in _entries(self._indexes[index], chart):
            if str(each.get("version")) == version and each.get("urls"):
                place = urljoin(f"{repository}/", str(each["urls"][0]))
                return place, self._get(place, MOST_ARCHIVE)
        raise NotBroughtError(f"{index} knows no {chart} {version}")

    def from_mirror(self, mirror: str, chart: str, version: str) -> tuple[str, bytes]:
        """By the archive's name in a folder, or by the chart's name in a registry."""
        if mirror.startswith(_OCI):
            return self._from_registry(mirror.removeprefix(_OCI).strip("/"), chart, version)
        place = f"{mirror.rstrip('/')}/{chart}-{version}.tgz"
        return place, self._get(place, MOST_ARCHIVE)

    def _from_registry(self, mirror: str, chart: str, version: str) -> tuple[str, bytes]:
        host, _, path = mirror.partition("/")
        scheme = "http" if host.partition(":")[0] in LOOPBACK else "https"
        repository = f"{path}/{chart}" if path else chart
        # A tag may not hold the plus sign of a version.
        tag = version.replace("+", "_")
        base = f"{scheme}://{host}/v2/{repository}"
        manifest = _parsed(base, self._get(f"{base}/manifests/{tag}", MOST_ARCHIVE, _MANIFEST))
        place = f"{_OCI}{host}/{repository}:{tag}"
        layers = cast("list[dict[str, Any]]", manifest.get("layers") or [])
        for each in layers:
            if each.get("mediaType") == _CHART_LAYER:
                digest = str(each.get("digest"))
                content = self._get(f"{base}/blobs/{digest}", MOST_ARCHIVE)
                if digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
                    raise NotBroughtError(f"{place}: the registry gives other bytes than it says")
                return place, content
        raise NotBroughtError(f"{place} holds no chart")

    def _get(self, url: str, most: int, kind: str = "*/*") -> bytes:
        try:
            answer = self._ask(url, kind)
            content = answer.read(most + 1)
            answer.drain_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NotBroughtError(f"{url} does not answer ({type(error).__name__})") from error
        if answer.status != _OK:
            raise NotBroughtError(f"{url} answers {answer.status}")
        if len(content) > most:
            raise NotBroughtError(f"{url} is larger than {most // 1024 // 1024} MiB")
        return content

    def _ask(self, url: str, kind: str) -> urllib3.BaseHTTPResponse:
        host = urlsplit(url).netloc
        answer = self._request(url, {"Accept": kind} | self._login(host))
        asked = challenge(answer)
        if answer.status != _UNAUTHORIZED or asked is None:
            return answer
        answer.drain_conn()
        # A token is for one chart: that of the one before is no use here.
        self._tokens.pop(host, None)
        realm, query = asked
        given = self._request(f"{realm}?{urlencode(query)}", self._login(host))
        if given.status == _OK:
            told = cast("dict[str, Any]", given.json())
            self._tokens[host] = str(told.get("token") or told.get("access_token") or "")
        return self._request(url, {"Accept": kind} | self._login(host))

    def _request(self, url: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        # As they come: a server that calls a .tgz compressed would have it unpacked here.
        return self._pool(url).request(
            "GET", url, headers=headers, preload_content=False, decode_content=False
        )

    def _login(self, host: str) -> dict[str, str]:
        if token := self._tokens.get(host):
            return {"Authorization": f"Bearer {token}"}
        try:
            found = netrc.netrc().authenticators(host.partition(":")[0])
        except (OSError, netrc.NetrcParseError):
            return {}
        return urllib3.make_headers(basic_auth=f"{found[0]}:{found[2]}") if found else {}

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxies = {} if parts.hostname in LOOPBACK else urllib.request.getproxies()
        proxy = proxies.get(parts.scheme, "")
        if parts.hostname and urllib.request.proxy_bypass(parts.hostname):
            proxy = ""
        if proxy not in self._pools:
            made = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
            made.connection_pool_kw |= {"timeout": urllib3.Timeout(SECONDS)}
            self._pools[proxy] = made
        return self._pools[proxy]


def _parsed(where: str, content: bytes) -> dict[str, Any]:
    try:
        found: object = yaml.load(content, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise NotBroughtError(f"{where} is neither YAML nor JSON")
    return cast("dict[str, Any]", found)


def _entries(index: dict[str, Any], chart: str) -> list[dict[str, Any]]:
    entries = cast("dict[str, Any]", index.get("entries") or {})
    return cast("list[dict[str, Any]]", entries.get(chart) or [])
