"""Commits of this repository: which one a name stands for, its stacks, its files in a folder.

A name is looked up once: a branch may move while a plan is made.
"""

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from settings import loader

_LONGEST_REASON = 300


class SourceError(Exception):
    """There is nothing to compare with: not found, not readable, or not to be recorded."""


@dataclass(frozen=True)
class Commit:
    """A commit and what it was called: looked up once, since a branch may move meanwhile."""

    ref: str
    id: str

    @property
    def name(self) -> str:
        """As a person reads it."""
        short = self.id[:10]
        return f"{printable(self.ref)} ({short})" if self.ref != self.id else short


def commit_of(ref: str | Commit, root: Path | None = None) -> Commit:
    """The commit that a name stands for now."""
    return ref if isinstance(ref, Commit) else Commit(ref, resolved(ref, root or loader.ROOT))


def stacks_of(ref: str | Commit, root: Path | None = None) -> list[str]:
    """The stacks that have a file at a commit."""
    listed = _git(root or loader.ROOT, "ls-tree", "--name-only", commit_of(ref, root).id)
    names = [Path(line) for line in listed.stdout.decode(errors="replace").splitlines()]
    return sorted(
        name.stem.removeprefix("Pulumi.") for name in names if name.match("Pulumi.?*.yaml")
    )


def resolved(ref: str, root: Path) -> str:
    """The commit that a name stands for, in full."""
    question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    answer = _git(root, *question)
    if answer.returncode:
        known = ", ".join(loader.stack_names())
        raise SourceError(
            f"--against {printable(ref)!r}: no stack, no folder and no commit of that name; "
            f"name one of the stacks ({known}), a folder of rendered YAML, a commit, or live"
        )
    return answer.stdout.decode().strip()


def git_path() -> str:
    """Where git is; a sentence where it is not."""
    git = shutil.which("git")
    if git is None:
        raise SourceError("there is no git on PATH; compare with a stack or a folder instead")
    return git


def _git(root: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = [git_path(), "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell


@contextmanager
def tree_of(commit: str, root: Path) -> Generator[Path]:
    """The files of a commit in a temporary folder, which goes whatever happens."""
    with tempfile.TemporaryDirectory(prefix="mpk-plan-") as temporary:
        archive, tree = Path(temporary) / "tree.tar", Path(temporary) / "tree"
        done = _git(root, "archive", "--format=tar", f"--output={archive}", commit)
        if done.returncode:
            raise SourceError(f"git cannot give the files of {commit[:10]}: {last(done.stderr)}")
        try:
            with tarfile.open(archive) as packed:
                packed.extractall(tree, filter="data")
        except tarfile.TarError as error:
            raise SourceError(f"commit {commit[:10]} holds no files to record") from error
        yield tree


def printable(text: str) -> str:
    """Somebody's text without what moves a cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)


def last(stderr: bytes) -> str:
    """The last line that a program said, short enough to quote."""
    lines = stderr.decode(errors="replace").strip().splitlines()
    return printable(lines[-1])[:_LONGEST_REASON] if lines else "it says nothing"
