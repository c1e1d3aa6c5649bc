"""The kubeconfig of one stack as a file of its own: taken out, tried, kept private (R-P2-CD).

A stack in a cloud publishes one without a credential: a command of the cloud (`aws`,
`gke-gcloud-auth-plugin`) asks for a token with the role of whoever runs it. So a pipeline that took
its role by OIDC reaches the cluster and holds no key (decision 0027).
"""

import base64
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from localcluster.files import PRIVATE_FILE, make_private_directory, write_private
from operations.cluster import Cluster
from operations.refusal import RefusedError
from settings import names

_REVIEW: dict[str, Any] = {
    "apiVersion": "authentication.k8s.io/v1",
    "kind": "SelfSubjectReview",
    "metadata": {},
}
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class WayInError(RefusedError):
    """There is no way into that cluster to write down; nothing was written."""


ISSUER = "https://token.actions.githubusercontent.com"
"""Who signs what a job on GitHub is."""
_PREFIX = "github:"
"""Before the names of pipelines in a cluster, so that none is taken for a person."""


def of_ones_own(server: str, authority: str, command: Sequence[str]) -> dict[str, Any]:
    """A kubeconfig without a credential, where a pipeline's own identity is taken (0075)."""
    if urlsplit(server).scheme != "https":
        raise WayInError(f"{server} is no address that begins with https; nothing was written")
    try:
        known = base64.b64decode(authority, validate=True)
    except ValueError:
        known = b""
    if not known.startswith(b"-----BEGIN CERTIFICATE-----"):
        raise WayInError("the authority is no certificate in base64; nothing was written")
    asked = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": command[0],
        "args": [*command[1:], "--audience", server],
        "interactiveMode": "Never",
    }
    cluster = {"server": server, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "pipeline",
        "contexts": [{"name": "pipeline", "context": {"cluster": "own", "user": "pipeline"}}],
        "clusters": [{"name": "own", "cluster": cluster}],
        "users": [{"name": "pipeline", "user": {"exec": asked}}],
    }


def authentication(server: str, subject: str, issuer: str = ISSUER) -> dict[str, Any]:
    """What the API server reads: it believes GitHub of this subject alone, for itself alone."""
    rule = {"claim": "sub", "requiredValue": subject}
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [
            {
                "issuer": {"url": issuer, "audiences": [server]},
                "claimMappings": {"username": {"claim": "sub", "prefix": _PREFIX}},
                "claimValidationRules": [rule],
            }
        ],
    }


def binding(subject: str) -> dict[str, Any]:
    """What the pipeline may there: all of it, since a stack makes roles and namespaces too."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": names.application("pipeline")},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": f"{_PREFIX}{subject}"}],
    }


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
