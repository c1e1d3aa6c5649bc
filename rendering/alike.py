"""Which stacks a commit and this tree cannot differ in: the same program, the same settings.

Recording is what a plan costs. A pull request that gives staging another tag touches one file that
one stack reads; the other stacks' plans are empty before anything is recorded.
"""

import fnmatch
import subprocess
from collections.abc import Iterator, Sequence

_STACK_FILE = "Pulumi.{}.yaml"
_READ_BY_NO_RECORDING = (
    ".ci/*", ".github/*", "*.md", "bench/*", "docs/*", "drill/*", "images/*", "infrastructure/*",
    "schemas/*", "tests/*", "*__pycache__/*", "*.egg-info/*", "build/*", ".import_linter_cache/*",
)  # fmt: skip
"""Whatever is missing here only costs time."""
_SET_UP = (".venv", ".uv", ".pytest_cache", ".ruff_cache", ".hypothesis")


def alike(git: Sequence[str], commit: str, stacks: Sequence[str]) -> frozenset[str]:
    """The stacks whose recording is the same in the commit and in this tree.

    `git`: the command, up to the words that ask. Where it does not answer, none are alike.
    """
    different = {
        path
        for words in _questions(commit)
        for path in _answer([*git, *words])
        if not any(fnmatch.fnmatch(path, each) for each in _READ_BY_NO_RECORDING)
    }
    if any(not fnmatch.fnmatch(path, _STACK_FILE.format("*")) for path in different):
        return frozenset()
    return frozenset(stack for stack in stacks if _STACK_FILE.format(stack) not in different)


def _questions(commit: str) -> Iterator[Sequence[str]]:
    """What tracked files differ in, and what is not tracked; ignored files are read as well."""
    yield ("diff", "--name-only", "--no-renames", "--relative", "-z", commit, "--")
    yield ("ls-files", "--others", "-z", "--", ".", *(f":(exclude){each}" for each in _SET_UP))


def _answer(command: Sequence[str]) -> list[str]:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - git, no shell
    answer = done.stdout.decode(errors="surrogateescape")
    return ["?"] if done.returncode else [path for path in answer.split("\0") if path]
