"""An image gets its names when it is known to be good: once built, scanned and signed (R-IMG-1).

It was pushed by its digest alone, so until then nobody can pull it by a name. The names come to the
very bytes that were judged: the manifest is read by its digest and written under each name.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from operations.refusal import RefusedError
from operations.registry import Registry

BUDGET_BYTES = 30_000_000
"""R-IMG-2, of what travels: every layer as the registry keeps it."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FOREVER = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+")
_TAG = re.compile(r"latest|staging|v[0-9]+\.[0-9]+\.[0-9]+")


def tags_of(version: str, product: Path) -> list[str]:
    """The names of a version: its own, and the commit of the PRODUCT that it was built from."""
    if not _TAG.fullmatch(version):
        raise RefusedError(f"{version!r} is no name of an image; allowed: latest, staging, v1.2.3")
    git = shutil.which("git") or "git"
    command = [git, "-C", str(product), "rev-parse", "--show-toplevel", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - git
    top, _, commit = done.stdout.strip().partition("\n")
    if done.returncode or Path(top) != product.resolve():
        raise RefusedError(f"{product} is no checkout of the product, so it names no commit")
    return [version, f"sha-{commit}"]


def name(registry: Registry, image: str, digest: str, tags: Sequence[str]) -> int:
    """Give a pushed image its names; its size. Refused before the first where anything is amiss."""
    if not _DIGEST.fullmatch(digest):
        raise RefusedError(f"{digest!r} is no digest; it is what the push said, sha256:…")
    kind, content = registry.manifest(image, digest)
    if hashlib.sha256(content).hexdigest() != digest.removeprefix("sha256:"):
        raise RefusedError(f"the registry gives something else for {image}@{digest}")
    size = _size(registry, image, digest)
    against = [
        *([] if size <= BUDGET_BYTES else [f"has {size} bytes, and may have {BUDGET_BYTES}"]),
        *([] if registry.signed(image, digest) else ["is signed by nobody"]),
        *(f"is not the {tag} that is there, and a version is built once"
          for tag in tags if _FOREVER.fullmatch(tag) and registry.digest(image, tag) not in
          (None, digest)),
    ]  # fmt: skip
    if against:
        raise RefusedError(f"{image}@{digest} got no name: it " + "; it ".join(against))
    for tag in tags:
        registry.put(image, tag, kind, content)
    return size


def _size(registry: Registry, image: str, digest: str) -> int:
    """Of the largest platform; what is said about an image beside it is no part of it."""
    found = registry.document(image, digest)
    below: list[dict[str, Any]] = found.get("manifests") or []
    if not below:
        return sum(int(each["size"]) for each in [found["config"], *found["layers"]])
    unknown: dict[str, Any] = {}
    kept = [each for each in below if (each.get("platform") or unknown).get("os") != "unknown"]
    return max(_size(registry, image, each["digest"]) for each in kept)
