"""The product's own build, lint and tests, from any checkout of it (R-P1, R-P2).

Right where the product's own workflows are not: no go.work, which names an older Go (CI-04); the
gateway of `services/`, not the old one (CI-02); each module in its own folder (CI-03).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.refusal import RefusedError
from settings import names

OLDEST_RUST = (1, 78)
"""Cargo.lock of version 4 needs it (CI-05)."""
_PASSED = re.compile(r"^\s*--- PASS", re.MULTILINE)
_FAILED = re.compile(r"^\s*--- FAIL", re.MULTILINE)


class ProductError(RefusedError):
    """The checkout is none of the product, or a program that its build needs is missing."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command of the product's own tools."""

    name: str
    command: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str]


def go(product: Path, services: Sequence[str]) -> list[Step]:
    """Vet, test and build every service of the catalogue."""
    backend = _folder(product, "backend", "go.mod")
    absent = [s for s in services if not (backend / "services" / s / "cmd").is_dir()]
    if absent:
        raise ProductError(
            f"{backend}/services has no {', '.join(absent)}, which the catalogue has"
        )
    paths = [f"./services/{service}/cmd" for service in services]
    own = {"GOWORK": "off", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
    commands = {
        "vet": ("vet", "./..."),
        "test": ("test", "./..."),
        "build": ("build", "-o", str(backend / ".built") + os.sep, *paths),
    }
    return [
        Step(name=name, command=("go", *command), folder=backend, variables=own)
        for name, command in commands.items()
    ]


def rust(product: Path) -> list[Step]:
    """Format, clippy, test and build the client library."""
    core = _folder(product, "rust-core", "Cargo.toml")
    commands = (
        ("fmt", "--check"),
        ("clippy", "--locked", "--all-targets", "--", "--deny", "warnings"),
        ("test", "--locked"),
        ("build", "--locked", "--release"),
    )
    return [
        Step(name=each[0], command=("cargo", *each), folder=core, variables={}) for each in commands
    ]


def e2e(product: Path, gateway: str, services: Mapping[str, str]) -> list[Step]:
    """The product's end-to-end tests against a gateway and services that run.

    Told are all addresses: the tests' own defaults name ports of other services (PORT-08).
    """
    backend = _folder(product, "backend", "go.mod")
    command = ("go", "test", "-count=1", "-v", "-tags", "integration", "./tests/e2e/...")
    own = {"GOWORK": "off", "GOFLAGS": "-mod=readonly", "GATEWAY_ADDR": gateway}
    addresses = {names.address_variable(name): each for name, each in services.items()}
    return [Step(name="e2e", command=command, folder=backend, variables=own | addresses)]


def run(steps: Sequence[Step], said: Callable[[str], object]) -> dict[str, int]:
    """Run each until one fails; how many tests the last one saw pass and fail."""
    output = ""
    for step in steps:
        program = shutil.which(step.command[0])
        if program is None:
            raise ProductError(f"there is no {step.command[0]} on PATH, which {step.name} needs")
        said(f"{step.name}: {' '.join(step.command)}")
        done = subprocess.run(  # noqa: S603 - the product's own tools, no shell
            [program, *step.command[1:]],
            cwd=step.folder, env={**os.environ, **step.variables}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        output = done.stdout
        said(output.rstrip())
        if done.returncode:
            return {"passed": len(_PASSED.findall(output)),
                    "failed": max(1, len(_FAILED.findall(output)))}  # fmt: skip
    return {"passed": len(_PASSED.findall(output)), "failed": 0}


def _folder(product: Path, name: str, file: str) -> Path:
    folder = product.resolve() / name
    if not (folder / file).is_file():
        raise ProductError(f"{product} is no checkout of the product: it has no {name}/{file}")
    return folder
