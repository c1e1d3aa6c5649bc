"""A kubeconfig without a credential in it: whoever uses it asks the cloud for a token."""

import json
from collections.abc import Mapping


def kubeconfig(name: str, server: str, authority: str, command: Mapping[str, object]) -> str:
    """The kubeconfig of a cluster, whose token a command of the cloud fetches."""
    asked = {"apiVersion": "client.authentication.k8s.io/v1beta1", **command}
    cluster = {"server": server, "certificate-authority-data": authority}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"exec": asked}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
    )
