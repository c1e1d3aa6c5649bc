"""Repositories of a test's own that hold this project's program."""

import shutil
import subprocess
from pathlib import Path

from settings.loader import ROOT

PARTS = ("catalog", "settings", "components", "operations", "rendering", "__main__.py",
         "Pulumi.yaml", "Pulumi.dev.yaml")  # fmt: skip


def git(root: Path, *arguments: str) -> str:
    """Run git there."""
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    command = [shutil.which("git") or "git", "-C", str(root), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def program_at(root: Path) -> Path:
    """A repository whose branch `main` holds the program and the stack dev."""
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    put_program(root)
    commit(root, "all")
    return root


def put_program(root: Path, *further: str) -> None:
    """Copy there what a commit needs to be recorded, and further files of this project."""
    for part in (*PARTS, *further):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, root / part)


def commit(root: Path, message: str) -> None:
    """Commit whatever is there."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
