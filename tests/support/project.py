"""A copy of the real catalogue and stacks, which a test may spoil."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from settings.files import read_mapping
from settings.loader import ROOT, Settings, load
from settings.problems import Problem, SettingsError

STACK = "Pulumi.local.yaml"
Spoil = Callable[["Project"], object]
_READ: dict[str, dict[str, Any]] = {}


def _read_once(path: Path, shown_as: str, problems: list[Problem]) -> dict[str, Any] | None:
    """Parse the same sound text once only: that is most of the time of a load."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return read_mapping(path, shown_as, problems)
    content = _READ.get(text) or read_mapping(path, shown_as, problems)
    if content is not None:
        _READ[text] = content
    return content


@dataclass(frozen=True)
class Project:
    """A project directory of its own."""

    root: Path

    @classmethod
    def copied_to(cls, root: Path) -> "Project":
        """What the settings read, and nothing else."""
        shutil.copytree(ROOT / "catalog", root / "catalog", dirs_exist_ok=True)
        for file in ("Pulumi.yaml", *(path.name for path in ROOT.glob("Pulumi.*.yaml"))):
            shutil.copy(ROOT / file, root)
        return cls(root)

    def spoil(self, *spoils: Spoil) -> "Project":
        """Apply each."""
        for spoil in spoils:
            spoil(self)
        return self

    def load(self, stack: str = "local", given: object = None) -> Settings:
        """The settings of a stack of this project."""
        with mock.patch("settings.catalog_files.read_mapping", _read_once):
            return load(stack, given, self.root)

    def problems(self, stack: str = "local", given: object = None) -> list[Problem]:
        """What is wrong, empty where nothing is; any other error passes through."""
        try:
            self.load(stack, given)
        except SettingsError as error:
            return error.problems
        return []

    def edit(self, file: str, change: Callable[[Any], object]) -> None:
        """Change a file's YAML as data."""
        content = yaml.safe_load((self.root / file).read_text())
        change(content)
        (self.root / file).write_text(yaml.safe_dump(content))
