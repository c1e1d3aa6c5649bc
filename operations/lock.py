"""One change of versions at a time: a Lease in the cluster that whoever changes them holds.

In the cluster and not on a machine, since two people release from two machines. It is renewed while
its holder lives and runs out by itself when the holder is killed, so nobody ever has to remove it.
A holder that could not renew in time must stop: another may have begun.
"""

import contextlib
import datetime
import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Generator
from types import TracebackType
from typing import Self

from operations.cluster import Cluster, ClusterError, ConflictError, Object
from operations.refusal import RefusedError
from settings import names

LEASE_SECONDS = 15
RENEW_SECONDS = 4
# One that looks run out may be another clock's: it is watched for longer than a renewal takes.
DOUBT_SECONDS = 5
WHAT = f"{names.ANNOTATION_PREFIX}what"
YIELDS = f"{names.ANNOTATION_PREFIX}yields"
"""On the lock of somebody who only watches: a way back need not wait for that."""
_API = "coordination.k8s.io/v1"


class LostLockError(ClusterError):
    """The lock could not be renewed, so another may hold it by now."""


def me() -> str:
    """Who runs this process, as others will read it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user} on {socket.gethostname()}, process {os.getpid()}"


class ReleaseLock:
    """Held while a stack's versions change; use it as a context manager."""

    def __init__(self, cluster: Cluster, stack: str, what: str, *, way_back: bool = False) -> None:
        """Prepare; nothing is read or written before it is entered.

        A `way_back` takes it from whoever only watches.
        """
        self._cluster = cluster
        self._way_back = way_back
        self._yields = False
        self._taken_by = ""
        self._name = names.release_lock(stack)
        self._what = what
        self._identity = f"{me()} ({uuid.uuid4().hex[:8]})"
        self._stop = threading.Event()
        self._renewed = float("-inf")
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> Self:
        """Take the lock, or refuse and say who holds it."""
        with self._refused():
            self._take()
        self._renewed = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back; what cannot be given back runs out by itself."""
        self._stop.set()
        self._thread.join()
        with contextlib.suppress(ClusterError):
            found = self._read()
            if found and found["spec"].get("holderIdentity") == self._identity:
                self._cluster.delete(_API, "Lease", self._name, names.APPLICATION_NAMESPACE)

    def check(self) -> None:
        """Raise where the lock may have passed to another."""
        if self._taken_by:
            raise LostLockError(f"another command took over: {self._taken_by}")
        if time.monotonic() - self._renewed > LEASE_SECONDS:
            raise LostLockError(
                f"the lock {self._name} could not be renewed for {LEASE_SECONDS} s, so this "
                "command stopped; `mpk status` says where things stand"
            )

    def only_watches(self) -> None:
        """From now on nothing is changed under it, so a way back may take it."""
        self._yields = True
        # Where this comes between a renewal, the next one says it.
        with contextlib.suppress(ClusterError):
            self._renew_once()

    def _take(self) -> None:
        found = self._read()
        if found is None:
            self._cluster.create(self._content(None))
            return
        if self._way_back and _annotations(found).get(YIELDS):
            self._cluster.replace(self._content(found))
            return
        if not _run_out(found) or self._moves(found):
            raise _held(found)
        self._cluster.replace(self._content(found))

    def _moves(self, found: Object) -> bool:
        """Whether somebody still renews it, whatever the clocks say."""
        time.sleep(DOUBT_SECONDS)
        now = self._read()
        version = found["metadata"]["resourceVersion"]
        return now is not None and now["metadata"]["resourceVersion"] != version

    @contextlib.contextmanager
    def _refused(self) -> Generator[None]:
        """Who comes second between reading and writing is told of the first."""
        try:
            yield
        except ConflictError:
            found = self._read()
            if found is None:
                raise
            raise _held(found) from None

    def _read(self) -> Object | None:
        return self._cluster.get(_API, "Lease", self._name, names.APPLICATION_NAMESPACE)

    def _content(self, before: Object | None) -> Object:
        now = _now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        metadata: Object = {
            "name": self._name,
            "namespace": names.APPLICATION_NAMESPACE,
            "annotations": {WHAT: self._what} | ({YIELDS: "true"} if self._yields else {}),
        }
        if before is not None:
            metadata["resourceVersion"] = before["metadata"]["resourceVersion"]
        mine = before is not None and before["spec"].get("holderIdentity") == self._identity
        acquired = before["spec"]["acquireTime"] if mine and before else now
        spec = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "acquireTime": acquired,
            "renewTime": now,
        }
        return {"apiVersion": _API, "kind": "Lease", "metadata": metadata, "spec": spec}

    def _renew(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            with contextlib.suppress(ClusterError):
                if not self._renew_once():
                    return

    def _renew_once(self) -> bool:
        found = self._read()
        if found is None or found["spec"].get("holderIdentity") != self._identity:
            self._renewed = float("-inf")
            self._taken_by = _told(found) if found else ""
            return False
        self._cluster.replace(self._content(found))
        self._renewed = time.monotonic()
        return True


def holder(cluster: Cluster, stack: str) -> str | None:
    """Who changes the stack's versions now, and what they do; None where nobody does."""
    name = names.release_lock(stack)
    found = cluster.get(_API, "Lease", name, names.APPLICATION_NAMESPACE)
    return None if found is None or _run_out(found) else _told(found)


def _held(found: Object) -> RefusedError:
    return RefusedError(
        f"another command changes versions now: {_told(found)}; wait for it, `mpk status` follows"
    )


def _told(found: Object) -> str:
    spec = found["spec"]
    what = _annotations(found).get(WHAT, "something")
    return f"{what}, by {spec.get('holderIdentity')}, since {str(spec.get('acquireTime'))[:19]}Z"


def _annotations(found: Object) -> dict[str, str]:
    return found["metadata"].get("annotations") or {}


def _run_out(found: Object) -> bool:
    renewed = datetime.datetime.fromisoformat(str(found["spec"]["renewTime"]))
    lasts = datetime.timedelta(seconds=int(found["spec"].get("leaseDurationSeconds", 0)))
    return _now() > renewed + lasts


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
