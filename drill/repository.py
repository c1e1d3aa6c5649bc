"""A git repository on disk, which Argo CD follows as it would follow the project's own.

Nothing of the user's configuration takes part, and nothing leaves the folder.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from drill.product import DrillError

BRANCH = "main"
_WHO = ("manpasik drill", "drill@manpasik.com")


class Repository:
    """A bare repository, and a clone to commit from."""

    def __init__(self, folder: Path) -> None:
        """Make both, empty."""
        self._bare, self._work = folder / "repository.git", folder / "clone"
        folder.mkdir(parents=True, exist_ok=True)
        self._git(folder, "init", "--quiet", "--bare", "-b", BRANCH, str(self._bare))
        self._git(folder, "init", "--quiet", "-b", BRANCH, str(self._work))

    @property
    def url(self) -> str:
        """Where Argo CD finds it."""
        return f"file://{self._bare}"

    def commit(self, files: Mapping[str, str], message: str) -> str:
        """Have the branch hold these files and no others; the commit's name."""
        for entry in self._work.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for path, text in files.items():
            target = self._work / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        self._git(self._work, "add", "--all")
        self._git(self._work, "commit", "--quiet", "--allow-empty", "--message", message)
        return self._pushed()

    def revert(self, commit: str) -> str:
        """`git revert` of a commit, pushed; the new commit's name."""
        self._git(self._work, "revert", "--no-edit", commit)
        return self._pushed()

    def _pushed(self) -> str:
        self._git(self._work, "push", "--quiet", str(self._bare), BRANCH)
        return self._git(self._work, "rev-parse", "HEAD").strip()

    def _git(self, where: Path, *arguments: str) -> str:
        name, address = _WHO
        program = shutil.which("git")
        if program is None:
            raise DrillError("git is missing: Argo CD and this drill need it on PATH")
        done = subprocess.run(  # noqa: S603 - git alone
            [program, *arguments],
            cwd=where,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self._bare.parent),
                "GIT_CONFIG_NOSYSTEM": "1",
                **{f"GIT_{role}_NAME": name for role in ("AUTHOR", "COMMITTER")},
                **{f"GIT_{role}_EMAIL": address for role in ("AUTHOR", "COMMITTER")},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DrillError(f"git {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout
