"""A stack's objects with a mark in each secret's place; also run inside the tree of another commit.

A mark is a keyed digest: it says whether two secrets are alike and nothing else. Run as a program
(`sources.py` does), this file imports the recorder of the tree it is run in, so it uses nothing of
this tree that an older one may not have. What is no Kubernetes object (a cloud's resources, charts)
comes beside the objects, in their form, so that a plan can compare it alike.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from rendering.manifest import manifests
from rendering.recorder import Recorded, Secret, record
from settings.loader import load
from settings.problems import SettingsError

MARKED = "\0secret"
BESIDE = "beside/v1"
"""The version of what is no Kubernetes object, so that no object of a cluster is taken for it."""
_RELEASE = "kubernetes:helm.sh/v3:Release"


def mark(value: Any, key: bytes) -> str:
    """What stands for a secret value."""
    text = json.dumps(value, sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def marked(value: Any, key: bytes, *, secret: bool = False) -> Any:
    """Plain data with `{MARKED: mark}` in each secret value's place; keys stay."""
    if isinstance(value, Secret):
        return marked(value.value, key, secret=True)
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {name: marked(entry, key, secret=secret) for name, entry in entries.items()}
    if secret:
        return {MARKED: mark(value, key)}
    if isinstance(value, list):
        return [marked(entry, key) for entry in cast("list[Any]", value)]
    return value


def beside(found: Iterable[Recorded]) -> list[dict[str, Any]]:
    """What a program declares besides Kubernetes objects, as objects with its inputs as `spec`."""
    return [
        {
            "apiVersion": BESIDE,
            "kind": _kind(each.type),
            "metadata": {"name": each.name},
            "spec": dict(each.inputs),
        }
        for each in found
        if each.type.startswith(("aws:", "gcp:", "kubernetes:helm.sh/"))
        and "kind" not in each.inputs
    ]


def charts(beside: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The charts among what is beside the objects: their objects are Helm's to make."""
    return [each for each in beside if each["kind"] == _kind(_RELEASE)]


def _kind(token: str) -> str:
    """`aws:rds/instance:Instance` as people say it: `aws:rds:Instance`."""
    package, module, name = token.split(":")
    return f"{package}:{module.partition('/')[0]}:{name}"


def _stack(name: str, key: bytes) -> dict[str, Any]:
    if not Path(f"Pulumi.{name}.yaml").is_file():
        return {"missing": True}
    try:
        found = record(load(name))
        return {
            "objects": [marked(each.content, key) for each in manifests(found)],
            "beside": [marked(each, key) for each in beside(found)],
        }
    except SettingsError as error:
        return {"refused": str(error)}


def main() -> None:
    """Write the stacks named, as this tree's program declares them, into a file."""
    key = sys.stdin.buffer.read()
    output, *stacks = sys.argv[1:]
    Path(output).write_text(json.dumps({name: _stack(name, key) for name in stacks}))


if __name__ == "__main__":
    main()
