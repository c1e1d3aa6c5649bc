"""A project of its own to measure: a copy of this one, with more services or more stacks.

The commands that are measured are the real ones: the copy holds the whole program, and a process
that starts in its folder runs that. Every service is copied with its callers, its callees and its
database, so that ten times the services are ten products side by side, sound in every rule.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from settings.loader import ROOT, stack_names

PARTS = (
    "__main__.py", "catalog", "cli", "components", "localcluster", "operations", "rendering",
    "schemas", "settings",
)  # fmt: skip
PORTS_PER_COPY = 100
"""Ports stay unique: the product's own lie closer together than that."""
GATEWAY = "gateway"


def command(*words: str) -> list[str]:
    """`mpk` of the project in the working directory, not of the installed one."""
    return [sys.executable, "-c", "from cli.app import main; main()", *words]


def project(folder: Path, times: int = 1, stacks: Mapping[str, Any] | None = None) -> Path:
    """Write a copy with so many times the services and these further stacks, as one commit."""
    folder.mkdir(parents=True)
    for name in (*PARTS, *(f"Pulumi.{stack}.yaml" for stack in stack_names())):
        _copy(ROOT / name, folder / name)
    for path in sorted((ROOT / "catalog/services").glob("*.yaml")):
        content: dict[str, Any] = yaml.safe_load(path.read_text())
        for index in range(1, times):
            copied = service_copy(content, index)
            _write(folder / f"catalog/services/{copied['name']}.yaml", copied)
    for name, stack in (stacks or {}).items():
        _write(folder / f"Pulumi.{name}.yaml", {"config": {"manpasik:stack": stack}})
    _commit(folder)
    return folder


def service_copy(service: Mapping[str, Any], index: int) -> dict[str, Any]:
    """The service under another name and port, beside copies of those it names."""
    copied = dict(service)
    copied["name"] = f"{service['name']}-{index}"
    copied["port"] = service["port"] + PORTS_PER_COPY * index
    if "calls" in service:
        copied["calls"] = [f"{callee}-{index}" for callee in service["calls"]]
    if "database_of" in service:
        copied["database_of"] = f"{service['database_of']}-{index}"
    return copied


def nine_stacks() -> tuple[list[str], dict[str, Any]]:
    """The four stacks and five more, as phases 3 and 4 will have them: other phases and hosts."""
    further = {
        f"production-{name}": {
            "environment": "production",
            "phase": phase,
            "images": {"tag": "v1.0.0"},
            "host": f"api.{name}.manpasik.com",
        }
        for name, phase in (("next", 3), ("kr", 4), ("us", 4), ("eu", 4), ("jp", 4))
    }
    known = stack_names()
    missing = {name: stack for name, stack in further.items() if name not in known}
    return [*known, *missing], missing


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False))


def _commit(folder: Path) -> None:
    """Make the commit that `mpk plan` compares with."""
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for words in (["init"], ["add", "--all"], [*identity, "commit", "--message=measured"]):
        _git(folder, words)


def _git(folder: Path, words: Sequence[str]) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)  # noqa: S603, S607 - our own command
