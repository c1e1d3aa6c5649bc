"""Deploys recorded manifests without the engine: server-side apply in the program's own order.

An object is applied when everything it depends on is ready, as the engine would do: a service waits
for its migration Job, the Job for its database (R-P2-MIG). One that fails stops only what depends
on it; the others become ready, then the deployment fails and says which, why, and the last events.
What left the program is pruned last, and only after a success (pitfall A-4).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.applyset import NEVER_PRUNED, ApplySet, GroupKind
from operations.cluster import Cluster, ClusterError, Object
from operations.handover import HANDOVER_MANAGER, handed_over
from operations.readiness import State, assess, has_progress
from operations.shared import AheadOfSyncError, apply_shared, take_over, with_previous_version
from operations.wait import (
    POLL_SECONDS,
    TIMEOUT_SECONDS,
    Change,
    Progress,
    Report,
    follow,
    progress_of,
)
from rendering.manifest import Manifest
from rendering.recorder import reveal

SYNC_SECONDS = 300.0
"""How long Argo CD may take for a push: it looks every three minutes, and then applies."""
_WAITS_FOR_SYNC = "waits for Argo CD, which has applied something else from git"


@dataclass(frozen=True, slots=True)
class Deployed:
    """How a deployment ended."""

    objects: Sequence[Progress]
    pruned: Sequence[str]
    kept: Sequence[str]
    """Left the program, yet not deleted: they hold data."""
    seconds: float

    @property
    def failures(self) -> list[Progress]:
        """What did not become ready of itself, first those that blocked others."""
        return [p for p in self.objects if p.state.phase == "failed" and p.change != "blocked"]

    @property
    def succeeded(self) -> bool:
        """Whether everything is ready, or waits for a person who promotes it."""
        return all(progress.state.good for progress in self.objects)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.pruned) or any(p.change in ("created", "changed") for p in self.objects)


class Deployment:
    """One deployment of one stack to one cluster."""

    def __init__(
        self,
        cluster: Cluster,
        stack: str,
        manifests: Sequence[Manifest],
        *,
        force: bool = False,
        adopt: bool = False,
        partial: bool = False,
        report: Report = lambda _: None,
    ) -> None:
        """Prepare; nothing is read or written before `run`.

        `force` takes fields over that others changed by hand. `adopt` takes objects over that this
        program did not make (pitfall A-5). `partial`: these are not all of the stack's objects, so
        nothing is pruned, and what they depend on outside is there already.
        """
        self._cluster = cluster
        self._set = ApplySet(cluster, stack)
        self._manifests = {manifest.urn: manifest for manifest in manifests}
        self._force = force
        self._adopt = adopt
        self._partial = partial
        self._report = report
        self._synced_by = 0.0
        self._live: dict[tuple[str, str, str], Object] = {}
        self._progress = {manifest.urn: progress_of(manifest) for manifest in manifests}

    def run(self, timeout_seconds: float = TIMEOUT_SECONDS) -> Deployed:
        """Apply, wait, prune. Raises `ClusterError` where the cluster does not answer."""
        started = time.monotonic()
        self._synced_by = started + SYNC_SECONDS
        kinds = {_kind(manifest.content) for manifest in self._manifests.values()}
        earlier = self._set.recorded_kinds()
        self._read_live(kinds | {("apps/v1", "Deployment")})
        self._set.write(kinds | earlier, {m.namespace for m in self._manifests.values()} - {""})
        progresses = list(self._progress.values())
        follow(
            self._cluster, progresses, self._report, timeout_seconds, act=self._apply_what_can_be
        )
        pruned: list[str] = []
        kept: list[str] = []
        everything = not self._partial
        if everything and all(p.state.phase == "ready" for p in self._progress.values()):
            pruned, kept = self._prune(kinds | earlier)
            self._set.write(kinds, {m.namespace for m in self._manifests.values()} - {""})
        return Deployed(
            objects=list(self._progress.values()),
            pruned=pruned,
            kept=kept,
            seconds=time.monotonic() - started,
        )

    def _apply_what_can_be(self) -> None:
        advanced = True
        while advanced:
            advanced = False
            for urn, manifest in self._manifests.items():
                progress = self._progress[urn]
                if progress.started is not None or progress.settled:
                    continue
                before = [
                    self._progress[u] for u in sorted(manifest.depends_on) if u in self._progress
                ]
                failed = next((p for p in before if p.state.phase == "failed"), None)
                if failed is not None:
                    progress.change = "blocked"
                    progress.state = State("failed", f"blocked by {failed.kind} {failed.name}")
                    advanced = True
                elif unready := [p for p in before if not p.state.good]:
                    awaited = unready[0]
                    message = f"waits for {awaited.kind} {awaited.name}"
                    progress.state = State("progressing", message)
                else:
                    advanced = self._apply(manifest, progress) or advanced

    def _apply(self, manifest: Manifest, progress: Progress) -> bool:
        """Apply one object; False where it waits for Argo CD, which has git's push before it."""
        progress.started = time.monotonic()
        content = self._set.labelled(reveal(manifest.content))
        before = self._live.get((manifest.kind, manifest.namespace, manifest.name))
        if before is not None and not self._adopt and not self._set.has(before):
            managers = ", ".join(_managers(before)) or "somebody else"
            message = f"exists already, made by {managers}; --adopt takes it over"
            return _refused(progress, message)
        try:
            if kept := handed_over(before, content):
                self._cluster.apply(kept, force=True, manager=HANDOVER_MANAGER)
            if before is None and (replicas := self._pods_before(manifest)):
                take_over(self._cluster, content, replicas)
            content = with_previous_version(before, content)
            after = apply_shared(self._cluster, content, force=self._force)
        except AheadOfSyncError as error:
            if time.monotonic() > self._synced_by:
                return _refused(progress, str(error))
            progress.started, progress.state = None, State("progressing", _WAITS_FOR_SYNC)
            return False
        except ClusterError as error:
            return _refused(progress, str(error))
        progress.change = _change(before, after)
        if has_progress(manifest.kind):
            progress.state = State("progressing", "applied")
        else:
            progress.settle(assess(after))
        return True

    def _pods_before(self, manifest: Manifest) -> int:
        """How many pods a Deployment has that a new Rollout of its name takes over from."""
        if manifest.kind != "Rollout" or "replicas" in manifest.content["spec"]:
            return 0
        live = self._live.get(("Deployment", manifest.namespace, manifest.name))
        return int(live["spec"].get("replicas", 1)) if live else 0

    def _read_live(self, kinds: set[GroupKind]) -> None:
        for api_version, kind in sorted(kinds):
            for found in self._cluster.list(api_version, kind):
                metadata = found["metadata"]
                self._live[kind, metadata.get("namespace", ""), metadata["name"]] = found

    def _prune(self, kinds: set[GroupKind]) -> tuple[list[str], list[str]]:
        wanted = {(p.kind, p.namespace, p.name) for p in self._progress.values()}
        pruned: list[str] = []
        kept: list[str] = []
        for member in self._set.members(kinds):
            metadata = member["metadata"]
            place = (member["kind"], metadata.get("namespace", ""), metadata["name"])
            if place in wanted:
                continue
            shown = "/".join(part for part in place if part)
            if member["kind"] in NEVER_PRUNED:
                kept.append(shown)
                continue
            self._cluster.delete(member["apiVersion"], place[0], place[2], place[1])
            pruned.append(shown)
        return pruned, kept


def destroy(cluster: Cluster, stack: str, timeout_seconds: float = 120) -> list[str]:
    """Delete every object of a stack, namespaces (and all in them) last; says what went.

    Returns when the namespaces are gone: volumes and Events go with them.
    """
    members_of = ApplySet(cluster, stack)
    members = members_of.members(members_of.recorded_kinds())
    members.sort(key=lambda member: member["kind"] == "Namespace")
    gone: list[str] = []
    for member in members:
        metadata = member["metadata"]
        namespace = metadata.get("namespace", "")
        if cluster.delete(member["apiVersion"], member["kind"], metadata["name"], namespace):
            gone.append("/".join(filter(None, [member["kind"], namespace, metadata["name"]])))
    deadline = time.monotonic() + timeout_seconds
    while left := members_of.members({("v1", "Namespace")}):
        if time.monotonic() > deadline:
            names = ", ".join(namespace["metadata"]["name"] for namespace in left)
            raise ClusterError(f"still being deleted after {timeout_seconds:.0f} s: {names}")
        time.sleep(POLL_SECONDS)
    members_of.forget()
    return gone


def _refused(progress: Progress, why: str) -> bool:
    progress.change = "refused"
    progress.settle(State("failed", why))
    return True


def _kind(content: Mapping[str, Any]) -> GroupKind:
    return str(content["apiVersion"]), str(content["kind"])


def _change(before: Object | None, after: Object) -> Change:
    if before is None:
        return "created"
    same = before["metadata"].get("generation") == after["metadata"].get("generation")
    if "generation" not in after["metadata"]:
        same = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
    return "unchanged" if same and _labels(before) == _labels(after) else "changed"


def _labels(content: Object) -> tuple[Any, Any]:
    return content["metadata"].get("labels"), content["metadata"].get("annotations")


def _managers(content: Object) -> list[str]:
    fields: list[Object] = content["metadata"].get("managedFields", [])
    return sorted({str(entry.get("manager")) for entry in fields})
