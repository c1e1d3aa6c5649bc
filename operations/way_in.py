"""The kubeconfig of one stack as a file of its own: taken out, tried, kept private (R-P2-CD).

A stack in a cloud publishes one without a credential: a command of the cloud (`aws`,
`gke-gcloud-auth-plugin`) asks for a token with the role of whoever runs it. So a pipeline that took
its role by OIDC reaches the cluster and holds no key (decision 0027).
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from localcluster.files import PRIVATE_FILE, make_private_directory, write_private
from operations.cluster import Cluster
from operations.refusal import RefusedError

_REVIEW: dict[str, Any] = {
    "apiVersion": "authentication.k8s.io/v1",
    "kind": "SelfSubjectReview",
    "metadata": {},
}
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class WayInError(RefusedError):
    """There is no way into that cluster to write down; nothing was written."""


def taken_out(text: str, context: str | None, beside: Path) -> dict[str, Any]:
    """One context of a kubeconfig, whole: its cluster, its user, files by their absolute names."""
    try:
        content: Any = yaml.safe_load(text)
        name = context or content["current-context"]
        chosen = _named(content, "contexts", name)["context"]
        cluster = _named(content, "clusters", chosen["cluster"])
        user = _named(content, "users", chosen["user"])
    except (yaml.YAMLError, TypeError, KeyError) as error:
        raise WayInError(f"that is no kubeconfig: {error!s:.200}") from None
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": chosen}],
        "clusters": [{**cluster, "cluster": _absolute(cluster["cluster"], beside)}],
        "users": [{**user, "user": _absolute(user["user"], beside)}],
    }


def _named(content: Mapping[str, Any], part: str, name: str) -> Mapping[str, Any]:
    found: Sequence[Mapping[str, Any]] = content.get(part) or []
    for each in found:
        if each["name"] == name:
            return each
    known = ", ".join(str(each["name"]) for each in found) or "none"
    raise KeyError(f"it has no {name} among its {part} ({known})")


def _absolute(entry: Mapping[str, Any], beside: Path) -> dict[str, Any]:
    return {k: str(beside / str(v)) if k in _FILES else v for k, v in entry.items()}


def refuse_without_its_command(content: Mapping[str, Any]) -> None:
    """Refuse what asks for its token by a command that is not on PATH."""
    asked: Any = content["users"][0]["user"].get("exec")
    command = str(asked["command"]) if asked else ""
    if command and shutil.which(command) is None:
        raise WayInError(
            f"its token comes from {command}, which is not on PATH: install it, then run the same "
            "command again"
        )


def keep(content: Mapping[str, Any], file: Path) -> Path:
    """Write it for its owner alone, whole or not at all."""
    if file == Path.home() / ".kube/config":
        raise WayInError(f"{file} is your own kubeconfig, which is never written; name another")
    _refuse_what_is_not_ours(file)
    if not file.parent.is_dir():
        make_private_directory(file.parent)
    write_private(file, yaml.safe_dump(dict(content), sort_keys=False))
    if stat.S_IMODE(file.stat().st_mode) != PRIVATE_FILE:
        file.unlink()
        raise WayInError(f"{file.parent} keeps no file private (mode 0600); name another folder")
    return file


def _refuse_what_is_not_ours(file: Path) -> None:
    try:
        found = file.lstat()
    except FileNotFoundError:
        return
    ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()
    if not ours or stat.S_IMODE(found.st_mode) != PRIVATE_FILE:
        raise WayInError(
            f"{file} is there and is no private file of yours (mode 0600), so it stays as it is; "
            "remove it or name another"
        )


def who(content: Mapping[str, Any]) -> str:
    """Who the cluster takes its holder for; `ClusterError` where it lets nobody in."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kubeconfig"
        write_private(file, yaml.safe_dump(dict(content)))
        told = Cluster(str(file)).create(_REVIEW)["status"]["userInfo"]
    groups = ", ".join(each for each in told.get("groups", ()) if not each.startswith("system:"))
    return f"{told.get('username', 'nobody')}" + (f" ({groups})" if groups else "")
