"""Kubeconfigs: the user's, which carries its credentials, and one for each part of the cluster."""

import base64
from pathlib import Path

import yaml

from localcluster.files import write_private


def context_name(cluster: str) -> str:
    """The context of a cluster in its kubeconfig; tools show it, so it says whose it is."""
    return f"manpasik-{cluster}"


def write(path: Path, cluster: str, *, port: int, pki: Path, user: str) -> None:
    """Write the kubeconfig of one client of the API server on that loopback port."""

    def embedded(file: str) -> str:
        return base64.b64encode((pki / file).read_bytes()).decode()

    name = context_name(cluster)
    server = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority-data": embedded("ca.crt"),
    }
    client = {
        "client-certificate-data": embedded(f"{user}.crt"),
        "client-key-data": embedded(f"{user}.key"),
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": client}],
    }
    write_private(path, yaml.safe_dump(config, sort_keys=False))
