"""What in a plan can hurt: which fields cannot change in place, and which changes loosen a rule.

The tables are Kubernetes' own rules. Nothing here decides for a person; it decides what a person
reads first.
"""

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from rendering.differences import ABSENT, Difference, Item, Path, leaves


class Rank(enum.IntEnum):
    """How early a plan tells of something."""

    DATA_GOES = 0
    DELETED = 1
    REPLACED = 2
    JOB_REPLACED = 3
    LOOSENED = 4
    DELICATE = 5
    CHANGED = 6
    CREATED = 7


DANGEROUS = Rank.DELICATE
"""The last rank that is called dangerous."""
_HOLDS = {
    "Namespace": "everything in it goes; mpk up without the engine keeps it",
    "PersistentVolumeClaim": "its data goes; mpk up without the engine keeps it",
    "PersistentVolume": "its data may go",
    "StatefulSet": "its pods go; its volume claims stay",
    "CustomResourceDefinition": "every object of its kind goes",
    "Secret": "its values go",
    **dict.fromkeys(
        (
            "aws:rds:Instance",
            "aws:s3:Bucket",
            "aws:elasticache:ReplicationGroup",
            "gcp:sql:DatabaseInstance",
            "gcp:storage:Bucket",
            "gcp:redis:Instance",
        ),
        "its data goes",
    ),
    **dict.fromkeys(("aws:kms:Key", "gcp:kms:CryptoKey"), "what it encrypts is lost"),
}
_DELICATE = {
    **dict.fromkeys(("PersistentVolumeClaim", "PersistentVolume", "StatefulSet"), "holds data"),
    **dict.fromkeys(
        ("aws:rds:Instance", "aws:s3:Bucket", "aws:elasticache:ReplicationGroup",
         "gcp:sql:DatabaseInstance", "gcp:storage:Bucket", "gcp:redis:Instance"),
        "holds data; the cloud may replace it",
    ),
    **dict.fromkeys(("aws:eks:Cluster", "gcp:container:Cluster"),
                    "holds everything; the cloud may replace it"),
    "Secret": "holds secrets",
    "Namespace": "holds other objects",
    "CustomResourceDefinition": "describes other objects",
    **dict.fromkeys(
        ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "NetworkPolicy",
         "PeerAuthentication", "AuthorizationPolicy", "ValidatingAdmissionPolicy",
         "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
         "aws:iam:Role", "aws:iam:RolePolicy", "aws:iam:RolePolicyAttachment",
         "aws:eks:AccessEntry", "aws:kms:Key", "aws:s3:BucketPolicy",
         "gcp:projects:IAMMember", "gcp:kms:CryptoKeyIAMMember"),
        "policy: says who may do what",
    ),
}  # fmt: skip
_FIXED: Mapping[str, tuple[Path, ...]] = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "StatefulSet": (
        ("spec", "selector"), ("spec", "serviceName"), ("spec", "volumeClaimTemplates"),
        ("spec", "podManagementPolicy"),
    ),
    "Job": (("spec", "template"), ("spec", "selector"), ("spec", "completionMode")),
    "Service": (("spec", "clusterIP"), ("spec", "clusterIPs")),
    "PersistentVolumeClaim": (
        ("spec", "accessModes"), ("spec", "storageClassName"), ("spec", "volumeMode"),
        ("spec", "volumeName"), ("spec", "selector"), ("spec", "dataSource"),
    ),
    "Secret": (("type",),),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "StorageClass": (
        ("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",),
    ),
    "CustomResourceDefinition": (("spec", "group"), ("spec", "scope"), ("spec", "names", "kind")),
}  # fmt: skip
_DATA = {("data",), ("stringData",), ("binaryData",)}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kKMGTPE]?)(i?)")
_UNITS = ("", "K", "M", "G", "T", "P", "E")
_ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = ("privileged", "baseline", "restricted")
_STRICT_CONTAINER = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
# A field's name, and whether a step from the one value to the other loosens.
_LOOSENS: Mapping[str, Callable[[Any, Any], bool]] = {
    "runAsNonRoot": lambda old, new: old is True and new is not True,
    "readOnlyRootFilesystem": lambda old, new: old is True and new is not True,
    "allowPrivilegeEscalation": lambda old, new: new is True or (old is False and new is ABSENT),
    "automountServiceAccountToken": lambda old, new: old is False and new is not False,
    "privileged": lambda _, new: new is True,
    "hostNetwork": lambda _, new: new is True,
    "hostPID": lambda _, new: new is True,
    "hostIPC": lambda _, new: new is True,
    "hostPath": lambda old, new: old is ABSENT and new is not ABSENT,
    "runAsUser": lambda old, new: new == 0 and old != 0,
    "capabilities.drop": lambda old, new: bool(_items(old) - _items(new)),
    "capabilities.add": lambda old, new: bool(_items(new) - _items(old)),
    "seccompProfile.type": lambda old, new: (
        new == "Unconfined" or (old not in (ABSENT, "Unconfined") and new is ABSENT)
    ),
    _ENFORCE: lambda old, new: _level(new) < _level(old),
}


def deletion(kind: str) -> tuple[Rank, str]:
    """What the deletion of an object of that kind means."""
    return (Rank.DATA_GOES, _HOLDS[kind]) if kind in _HOLDS else (Rank.DELETED, "")


def change(kind: str) -> tuple[Rank, str]:
    """What any change of an object of that kind means."""
    return (Rank.DELICATE, _DELICATE[kind]) if kind in _DELICATE else (Rank.CHANGED, "")


def needs_replacement(kind: str, old: Mapping[str, Any], difference: Difference) -> bool:
    """Whether the API server refuses this change of a live object."""
    path = difference.path
    if any(path[: len(fixed)] == fixed for fixed in _FIXED.get(kind, ())):
        return True
    if kind in ("ConfigMap", "Secret") and old.get("immutable") is True:
        return path[:1] in _DATA or path == ("immutable",)
    shrinkable = ("spec", "resources", "requests", "storage")
    if kind == "PersistentVolumeClaim" and path == shrinkable:
        old_size, new_size = _bytes(difference.old), _bytes(difference.new)
        return old_size is None or new_size is None or new_size < old_size
    return False


def loosened(difference: Difference) -> str:
    """The rule that a change loosens, or nothing."""
    for path, old, new in _pairs(difference):
        for field in (str(path[-1]), ".".join(map(str, path[-2:]))):
            if field in _LOOSENS and _LOOSENS[field](old, new):
                return f"loosens {field}"
    return ""


def opened(content: Mapping[str, Any]) -> str:
    """What a new object is allowed that this program's objects are not."""
    nothing_before = (Difference((name,), ABSENT, value) for name, value in content.items())
    found = (loosened(difference) for difference in nothing_before)
    return next((rule for rule in found if rule), "")


def _pairs(difference: Difference) -> Iterable[tuple[Path, Any, Any]]:
    """The single fields below a difference: whole parts come and go as one."""
    path, old, new = difference.path, difference.old, difference.new
    if old is not ABSENT and new is ABSENT and path and isinstance(path[-1], Item):
        return
    yield path, old, new
    before: dict[Path, Any] = _below(old)
    after = _below(new)
    if old is ABSENT and _is_container(path):
        before = {("securityContext", name): value for name, value in _STRICT_CONTAINER.items()}
    for below in sorted(before.keys() | after.keys(), key=str):
        yield (*path, *below), before.get(below, ABSENT), after.get(below, ABSENT)


def _below(value: Any) -> dict[Path, Any]:
    if not isinstance(value, (Mapping, list)):
        return {}
    found = dict(leaves(value))
    for path in list(found):
        # A list of plain things, such as capabilities, is one value.
        if isinstance(path[-1], int):
            found.setdefault(path[:-1], []).append(found.pop(path))
        for depth in range(1, len(path)):
            if path[depth - 1] == "hostPath":
                found[path[:depth]] = True
    return found


def _is_container(path: Path) -> bool:
    return len(path) > 1 and path[-2] in ("containers", "initContainers")


def _items(value: Any) -> set[str]:
    return set(map(str, cast("list[Any]", value))) if isinstance(value, list) else set()


def _level(value: Any) -> int:
    return _LEVELS.index(value) if value in _LEVELS else 0


def _bytes(quantity: Any) -> float | None:
    match = _SIZE.fullmatch(str(quantity))
    if match is None:
        return None
    number, unit, binary = match.groups()
    return float(number) * (1024 if binary else 1000) ** _UNITS.index(unit.upper())
