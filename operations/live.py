"""A plan against a live cluster: what server-side apply would do with what is there.

Of a live object only those fields are compared that the program declares, and those that it has
declared before (its field manager still owns them): apply would remove these. What others own, an
autoscaler's replicas or a default of the API server, is nobody's change.
"""

import json
import secrets as entropy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from operations.applyset import PART_OF_LABEL, ApplySet
from operations.cluster import FIELD_MANAGER, Cluster, Object
from rendering.differences import named, naming_key
from rendering.hiding import as_string_data, hidden, secret_texts
from rendering.manifest import manifests
from rendering.plan import Plan, plan
from rendering.recorder import record, redact, reveal
from settings.loader import SECRETS_KEY, Settings, secret_names
from settings.secrets import seed_file, stack_seed

_MANAGERS = (FIELD_MANAGER, "pulumi-kubernetes")
_SERVER = (
    "what the API server defaults and what others own: only fields that the program declares, or "
    "has declared before, are compared"
)
_NO_SEED = (
    "whether values of secrets change: this stack has no seed on this machine yet, so neither "
    "they nor the checksums over them are compared"
)
_FEW = 5
_ENCRYPTED = (
    f"whether values of secrets change: those under {SECRETS_KEY} are encrypted, so neither they "
    "nor the checksums over them are compared"
)


def live(settings: Settings, kubeconfig: str) -> Plan:
    """What `mpk up` would do to the stack's cluster."""
    cluster = Cluster(kubeconfig, settings.stack.cluster.context)
    members = ApplySet(cluster, settings.stack_name)
    declared, cannot_know = _declared(settings)
    kinds = {(str(each["apiVersion"]), str(each["kind"])) for each in declared}
    there = _by_place(item for kind in sorted(kinds) for item in cluster.list(*kind))
    wanted = _by_place(declared)
    old = [compared(there[place], wanted[place]) for place in wanted if place in there]
    left = _by_place(members.members(kinds | members.recorded_kinds()))
    old += [_identity(item) for place, item in left.items() if place not in wanted]
    if cannot_know:
        declared, old = _without_checksums(declared), _without_checksums(old)
    foreign = [place for place in wanted if place in there and not members.has(there[place])]
    known = secret_texts([*declared, *there.values()])
    key = entropy.token_bytes(32)
    return plan(
        hidden(old, key, known),
        hidden(declared, key, known),
        stack=settings.stack_name,
        against=f"the cluster of {kubeconfig}",
        cannot_know=(*cannot_know, _SERVER, *_foreign(foreign)),
    )


def compared(found: Object, declared: Mapping[str, Any]) -> Object:
    """The part of a live object that an apply of the declared one would look at."""
    owned = [
        _as_written(entry.get("fieldsV1") or {})
        for entry in found["metadata"].get("managedFields", [])
        if str(entry.get("manager", "")).startswith(_MANAGERS)
    ]
    part = _part(as_string_data(found), as_string_data(reveal(declared)), owned)
    part["metadata"].get("labels", {}).pop(PART_OF_LABEL, None)
    return part | {key: found[key] for key in ("apiVersion", "kind")}


def applied_by(found: Object, manager: str) -> Object:
    """What a manager applied to an object last: the fields that it owns, with their values."""
    owned: list[Object] = [
        entry.get("fieldsV1") or {}
        for entry in found["metadata"].get("managedFields", [])
        if entry.get("manager") == manager and entry.get("operation") == "Apply"
    ]
    part = cast("Object", _part(found, {}, owned))
    identity = {key: found["metadata"][key] for key in ("name", "namespace")}
    metadata = {**part.get("metadata", {}), **identity}
    return {**part, "apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata}


def _declared(settings: Settings) -> tuple[list[Object], tuple[str, ...]]:
    """What the program declares, with the secrets that `mpk up` would use where they are here."""
    # Where nothing is generated the values are somewhere else, in the file or in another's hands.
    given = secret_names(settings.stack_name) or settings.environment.secrets == "given"
    seedless = settings.environment.secrets == "generated" and not seed_file(settings).is_file()
    if not (given or seedless):
        found = manifests(record(settings, secrets={}, seed=stack_seed(settings)))
        return [dict(each.content) for each in found], ()
    # Stand-ins are nobody's values: taken for equal, and no checksum over them says a thing.
    found = manifests(record(settings))
    return [redact(each.content) for each in found], (_ENCRYPTED if given else _NO_SEED,)


def _part(found: Any, declared: Any, owned: Sequence[Mapping[str, Any]]) -> Any:
    if isinstance(found, dict) and (isinstance(declared, Mapping) or any(owned)):
        live = cast("Object", found)
        wanted = cast("Mapping[str, Any]", declared if isinstance(declared, Mapping) else {})
        # The server keeps no empty list or mapping: one that is declared is there all the same.
        empty = {key: value for key, value in wanted.items() if value in ([], {})}
        return empty | {
            key: _part(value, wanted.get(key), _below(owned, f"f:{key}"))
            for key, value in live.items()
            if key in wanted or any(f"f:{key}" in each for each in owned)
        }
    if isinstance(found, list):
        named_so = cast("list[Any]", declared if isinstance(declared, list) else [])
        return _items(cast("list[Any]", found), named_so, owned)
    return cast("Any", found)


def _items(found: list[Any], declared: list[Any], owned: Sequence[Mapping[str, Any]]) -> list[Any]:
    key = naming_key(found, declared)
    # Tracked as one, whatever its items are called: a Rollout's `args` of its analysis. Beside
    # what is declared it is read item by item: the server has defaults in it.
    whole = not declared and any(not each for each in owned)
    if key is None or whole:
        return found
    wanted = named(declared, key)
    kept: list[Any] = []
    for name, item in named(found, key).items():
        below = [each[step] for each in owned for step in each if _is_step_to(step, item)]
        if name in wanted or below:
            kept.append(_part(item, wanted.get(name), below))
    return kept


def _is_step_to(step: str, item: Any) -> bool:
    """Whether a step of managedFields, such as `k:{"name":"http"}`, leads to an item."""
    if not step.startswith("k:") or not isinstance(item, dict):
        return False
    keys = cast("dict[str, Any]", json.loads(step.removeprefix("k:")))
    return all(cast("Object", item).get(key) == value for key, value in keys.items())


def _below(owned: Sequence[Mapping[str, Any]], step: str) -> list[Mapping[str, Any]]:
    return [each[step] for each in owned if step in each]


def _as_written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A Secret's fields as the program writes them; the server keeps them under `data`."""
    renamed = {"f:stringData": fields["f:data"]} if "f:data" in fields else {}
    return {**fields, **renamed}


def _without_checksums(value: Any) -> Any:
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {
            key: _without_checksums(entry)
            for key, entry in entries.items()
            if not key.endswith("/checksum")
        }
    return (
        [_without_checksums(e) for e in cast("list[Any]", value)]
        if isinstance(value, list)
        else value
    )


def _identity(found: Object) -> Object:
    """All that a plan says of an object that goes."""
    told = {
        key: found["metadata"][key]
        for key in ("name", "namespace", "labels")
        if key in found["metadata"]
    }
    return {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": told}


def _by_place(found: Iterable[Object]) -> dict[tuple[str, str, str], Object]:
    return {
        (
            str(each["kind"]),
            str(each["metadata"].get("namespace", "")),
            str(each["metadata"]["name"]),
        ): each
        for each in found
    }


def _foreign(places: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    if not places:
        return ()
    names = ", ".join("/".join(part for part in place if part) for place in places[:_FEW])
    more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
    return (f"whether these may be taken over, since something else made them: {names}{more}",)
