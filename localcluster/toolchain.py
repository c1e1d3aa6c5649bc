"""Find the Go toolchain that builds the cluster's programs.

It comes from a wheel, so it sits beside the interpreter; a Go on PATH serves as well when it is new
enough. Nothing is downloaded here: `GOTOOLCHAIN=local` forbids Go to replace itself.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from localcluster.errors import LocalClusterError

REMEDY = "Run `make setup`, which installs Go from PyPI beside this Python."


@dataclass(frozen=True, kw_only=True, slots=True)
class Toolchain:
    """A usable `go` and the line it prints about itself (version and platform)."""

    go: Path
    identity: str

    @property
    def version(self) -> tuple[int, ...]:
        """The numbers of Go's version, for comparison."""
        return numbers_of(self.identity)


def numbers_of(text: str) -> tuple[int, ...]:
    """`go version go1.26.6 linux/amd64` and `go 1.26.0` alike become (1, 26, x)."""
    found = re.search(r"go ?(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def environment() -> dict[str, str]:
    """Go's environment: the user's own caches and proxy, our reproducible build."""
    own = {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false",
        "GOWORK": "off",
        "LC_ALL": "C",
    }
    return {**os.environ, **own}


def _identify(go: Path) -> Toolchain | None:
    try:
        answer = subprocess.run(  # noqa: S603 - asks what this Go is
            [go, "version"], env=environment(), capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return Toolchain(go=go, identity=answer.stdout.strip())


@functools.cache
def find(required: tuple[int, ...]) -> Toolchain:
    """The first Go that is new enough, beside this Python first, then on PATH."""
    on_path = shutil.which("go")
    candidates = [Path(sys.prefix) / "bin" / "go", *([Path(on_path)] if on_path else [])]
    found = [answer for go in candidates if go.is_file() and (answer := _identify(go))]
    for toolchain in found:
        if toolchain.version >= required:
            return toolchain
    wanted = ".".join(str(number) for number in required)
    seen = "; ".join(f"{each.go}: {each.identity}" for each in found) or "none"
    message = f"No Go toolchain of version {wanted} or newer (found: {seen}). {REMEDY}"
    raise LocalClusterError(message)
