"""What the API server holds of a few kinds, kept up to date by watches, on the standard library.

One thread a kind. A watch that ends or breaks begins anew with a list, as every client of the API
server must expect.
"""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localcluster.api import UNREACHABLE, Endpoint

WATCH_SECONDS = 300
RETRY_SECONDS = 0.2
_GONE = 410

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind, by where the API server lists it."""

    name: str
    path: str
    selector: str = ""


class Watched:
    """The objects of some kinds. `snapshot` at any time; `changed` is called after each change."""

    def __init__(self, api: Endpoint, kinds: tuple[Kind, ...], changed: Callable[[], None]) -> None:
        """Begin to watch; returns at once."""
        self._api = api
        self._changed = changed
        self._lock = threading.Lock()
        self._objects: dict[str, dict[str, Object]] = {kind.name: {} for kind in kinds}
        self._listed = {kind.name: threading.Event() for kind in kinds}
        for kind in kinds:
            threading.Thread(target=self._keep, args=[kind], daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether every kind was listed once within that time."""
        deadline = time.monotonic() + seconds
        return all(
            each.wait(max(0.0, deadline - time.monotonic())) for each in self._listed.values()
        )

    def snapshot(self) -> dict[str, list[Object]]:
        """Every object by kind, as of now."""
        with self._lock:
            return {kind: list(held.values()) for kind, held in self._objects.items()}

    def _keep(self, kind: Kind) -> None:
        while True:
            try:
                self._follow(kind)
            except (*UNREACHABLE, ValueError, KeyError):
                time.sleep(RETRY_SECONDS)

    def _follow(self, kind: Kind) -> None:
        status, text = self._api.request("GET", f"{kind.path}?{kind.selector}")
        if status != http.client.OK:
            time.sleep(RETRY_SECONDS)
            return
        listed = json.loads(text)
        with self._lock:
            self._objects[kind.name] = {_key(each): each for each in listed["items"]}
        self._listed[kind.name].set()
        self._changed()
        for event in self._events(kind, listed["metadata"]["resourceVersion"]):
            if event["type"] == "ERROR":
                return
            self._take(kind, event)

    def _take(self, kind: Kind, event: Mapping[str, Any]) -> None:
        found: Object = event["object"]
        with self._lock:
            held = self._objects[kind.name]
            if event["type"] == "DELETED":
                held.pop(_key(found), None)
            elif event["type"] != "BOOKMARK":
                held[_key(found)] = found
        self._changed()

    def _events(self, kind: Kind, since: str) -> Iterator[dict[str, Any]]:
        context = ssl.create_default_context(cafile=str(self._api.ca))
        context.load_cert_chain(self._api.certificate, self._api.key)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._api.port, timeout=WATCH_SECONDS + 30, context=context
        )
        query = f"watch=1&resourceVersion={since}&timeoutSeconds={WATCH_SECONDS}&{kind.selector}"
        try:
            connection.request("GET", f"{kind.path}?{query}")
            answer = connection.getresponse()
            if answer.status == http.client.OK:
                for line in answer:
                    yield json.loads(line)
        finally:
            connection.close()


def _key(of: Object) -> str:
    return f"{of['metadata'].get('namespace', '')}/{of['metadata']['name']}"
