"""Applying objects of which a controller writes a part, while it writes (pitfalls W-1, W-3).

The API server tracks a list as one field: who moves a weight owns every route, and the program's
own timeout in the same list would be a conflict. So an apply takes the controller's parts from the
live object, says which state of it it saw, and writes over the Rollouts controller alone: never
over a person, never over a weight that moved in between, and never over Argo CD, which would put
git's state back, weights included (decision 0071).
"""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from operations.cluster import FIELD_MANAGER, Cluster, ConflictError, Object
from operations.handover import HANDOVER_MANAGER
from settings import names
from settings.ownership import CONTESTED

TRIES = 10
# As they call themselves in `managedFields`.
CONTROLLERS = frozenset({"rollouts-controller"})
ARGO_CD = "argocd-controller"
_MANAGER = re.compile(r'conflicts? with "([^"]+)"')
_CHANGED = "the object has been modified"


class AheadOfSyncError(ConflictError):
    """Argo CD has applied something else from git: its sync comes first, or git does (0071)."""


def apply_shared(cluster: Cluster, content: Object, *, force: bool = False) -> Object:
    """Apply; raises `ConflictError` where a person or Argo CD wrote a field that would change."""
    try:
        return _apply_shared(cluster, content, force=force)
    except AheadOfSyncError:
        raise
    except ConflictError as refused:
        if _managers(str(refused)) == {ARGO_CD}:
            raise AheadOfSyncError(_ahead(refused)) from None
        raise


def _apply_shared(cluster: Cluster, content: Object, *, force: bool) -> Object:
    ours = [each for each in CONTESTED if each.whole and each.kind == content["kind"]]
    if not ours:
        return cluster.apply(content, force=force)
    metadata = content["metadata"]
    place = (content["apiVersion"], content["kind"], metadata["name"])
    for _ in range(TRIES):
        live = cluster.get(*place, metadata.get("namespace", ""))
        try:
            return _apply_seen(cluster, with_theirs(live, content), live, force=force)
        except ConflictError as refused:
            # A weight that moved since is told as its field's conflict, before the object's.
            now = cluster.get(*place, metadata.get("namespace", ""))
            if _CHANGED not in str(refused) and _state(now) == _state(live):
                raise
    raise ConflictError(f"{place[1]} {place[2]} changed {TRIES} times while it was applied")


def _apply_seen(cluster: Cluster, content: Object, live: Object | None, *, force: bool) -> Object:
    """Apply to exactly the state that was seen."""
    if live is None:
        return cluster.apply(content, force=force)
    seen = {"resourceVersion": live["metadata"]["resourceVersion"]}
    content = content | {"metadata": content["metadata"] | seen}
    try:
        return cluster.apply(content, force=force)
    except ConflictError as refused:
        others = _managers(str(refused))
        if not others or others - CONTROLLERS - {ARGO_CD}:
            raise
        if ARGO_CD in others or _followed(live):
            raise AheadOfSyncError(_ahead(refused)) from None
    return cluster.apply(content, force=True)


def _state(live: Object | None) -> str | None:
    return live["metadata"]["resourceVersion"] if live else None


def _followed(live: Object) -> bool:
    """Whether Argo CD applies it, though a controller has taken a field from it since."""
    entries: list[Object] = live["metadata"].get("managedFields") or []
    return any(each.get("manager") == ARGO_CD for each in entries)


def _ahead(refused: ConflictError) -> str:
    return (
        f"Argo CD has applied something else from git ({refused}). Where git is ahead, pull; where "
        "this checkout is, commit the rendered tree and push it, and its sync goes first"
    )


def with_theirs(live: Object | None, content: Object) -> Object:
    """The content with what another wrote of it, as it stands in the live object.

    What a controller has not written yet is as declared; what a person took out stays out (D-12).
    """
    filled = copy.deepcopy(content)
    for each in CONTESTED:
        if live is not None and each.whole and each.kind == content["kind"]:
            _fill(filled, live, each.steps)
            if each.writer == "people":
                _take_out(filled, live, each.steps)
    return filled


def with_previous_version(live: Object | None, content: Object) -> Object:
    """A Rollout with the version before it, for the message of a rollback (R-P3-ABORT)."""
    if content["kind"] != "Rollout" or live is None:
        return content
    before, said = _version(live), _annotations(live)
    previous = said.get(names.PREVIOUS_VERSION) if before == _version(content) else before
    if previous is None:
        return content
    metadata = content["metadata"]
    annotations = {**_annotations(content), names.PREVIOUS_VERSION: previous}
    return content | {"metadata": metadata | {"annotations": annotations}}


def take_over(cluster: Cluster, content: Object, replicas: int) -> None:
    """Make a Rollout beside a Deployment of its name, with as many pods as that one has.

    An autoscaler moves them from then on: the value stays under a name that writes it no more.
    """
    spec = content["spec"]
    cluster.apply(content | {"spec": spec | {"replicas": replicas}})
    metadata = content["metadata"]
    head = {
        "apiVersion": content["apiVersion"],
        "kind": content["kind"],
        "metadata": {key: metadata[key] for key in ("name", "namespace")},
    }
    kept = head | {"spec": {"replicas": replicas}}
    cluster.apply(kept, force=True, manager=HANDOVER_MANAGER)


def _fill(ours: Any, theirs: Any, steps: Sequence[str]) -> None:
    """Copy what stands at the path, entry by entry, wherever both objects have the way to it."""
    step, *rest = steps
    if step == "*":
        for mine in cast("list[Any]", ours if isinstance(ours, list) else []):
            for other in cast("list[Any]", theirs if isinstance(theirs, list) else []):
                if _same(mine, other):
                    _fill(mine, other, rest)
    elif isinstance(ours, dict) and isinstance(theirs, Mapping) and step in theirs:
        target, source = cast("Object", ours), cast("Mapping[str, Any]", theirs)
        if not rest:
            target[step] = source[step]
        elif step in target:
            _fill(target[step], source[step], rest)


def _take_out(ours: Object, theirs: Object, steps: Sequence[str]) -> None:
    """Remove what stands at the end of a way of mappings, unless the other has it, too."""
    *way, last = steps
    for step in way:
        ours, theirs = ours.get(step, {}), theirs.get(step, {})
    if last not in theirs:
        ours.pop(last, None)


def _same(mine: Any, other: Any) -> bool:
    """Whether two entries of a list are about the same: by name, or by where they lead."""
    keys = ("name", "destination")
    first, second = ({key: entry[key] for key in keys if key in entry} for entry in (mine, other))
    return bool(first) and json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def _annotations(content: Object) -> dict[str, str]:
    return content["metadata"].get("annotations") or {}


def _version(rollout: Object) -> str:
    containers = rollout["spec"].get("template", {}).get("spec", {}).get("containers", [])
    return str(containers[0]["image"]).rpartition(":")[2] if containers else ""


def _managers(message: str) -> set[str]:
    return set(_MANAGER.findall(message)) - {FIELD_MANAGER}
