"""What a fresh API server must hold before anything can run on it: kwok's rights and a disk class.

Volumes are objects too: a claim of class `standard` is answered by a stage (stages.yaml) with a
PersistentVolume of just its size, and no directory is made anywhere.
"""

from typing import Any

from localcluster.api import Endpoint
from localcluster.certificates import KUBERNETES_SUBJECTS

RBAC = "rbac.authorization.k8s.io"
RBAC_PATH = f"/apis/{RBAC}/v1"
LEASES_PATH = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
STORAGE_CLASS = "standard"
PROVISIONER = "manpasik.dev/simulated"
_KWOK_ROLE = "manpasik:kwok"
_KWOK_USER = next(subject.user for subject in KUBERNETES_SUBJECTS if subject.file == "kwok")
_READ = ["get", "list", "watch"]
_WRITE = ["create", "update", "patch", "delete"]


def _rule(group: str, resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _kwok_role() -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": _KWOK_ROLE},
        "rules": [
            _rule("", ["nodes", "persistentvolumeclaims"], _READ),
            _rule("", ["nodes/status", "pods/status"], ["patch", "update"]),
            _rule("", ["pods"], [*_READ, "delete", "patch"]),
            _rule("", ["persistentvolumes"], [*_READ, *_WRITE]),
            _rule("", ["events"], ["create", "patch", "update"]),
            _rule("events.k8s.io", ["events"], ["create", "patch", "update"]),
            _rule("coordination.k8s.io", ["leases"], [*_READ, *_WRITE]),
        ],
    }


def _kwok_binding() -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": _KWOK_ROLE},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": _KWOK_ROLE},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": _KWOK_USER}],
    }


def _storage_class() -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": STORAGE_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def apply(api: Endpoint) -> None:
    """Create these objects, or correct them."""
    api.apply(f"{RBAC_PATH}/clusterroles/{_KWOK_ROLE}", _kwok_role())
    api.apply(f"{RBAC_PATH}/clusterrolebindings/{_KWOK_ROLE}", _kwok_binding())
    api.apply(f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS}", _storage_class())


def release_node_leases(api: Endpoint) -> None:
    """Forget who kept the nodes alive: a new kwok would wait for its dead predecessor's leases."""
    api.call("DELETE", LEASES_PATH)
