"""Where a plan's objects come from: this tree's program, rendered files, the program of a commit.

Every source gives objects whose secrets are hidden already, with what it cannot know of them.
"""

import json
import os
import secrets
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import yaml

from rendering import marked
from rendering.alike import alike
from rendering.commits import Commit, SourceError, commit_of, git_path, last, tree_of
from rendering.hiding import hidden, secret_texts
from rendering.manifest import CHARTS, manifests
from rendering.recorder import record
from settings import loader
from settings.capacity_report import Report, report
from settings.cost import bill
from settings.problems import SettingsError

RECORDING_SECONDS = 300
_LENT = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPYCACHEPREFIX")
"""Variables that the program of a commit sees: none of them holds anything worth stealing (P-5).

The last one says where the SDKs lie compiled, where that is not beside them."""
STAND_INS = (
    "whether the values of generated or encrypted secrets change: both sides are recorded with "
    "stand-ins, so only another catalogue value or another set of keys shows"
)
_IN_FILES = (
    "whether the values of secrets change: files hold [secret] in their place; a change shows "
    "only as another checksum of the pods that read them"
)
_NOT_IN_FILES = "what a stack rents from a cloud: files hold Kubernetes objects and charts"


@dataclass(frozen=True)
class Source:
    """The objects of one stack as somebody has them."""

    name: str
    objects: Sequence[Mapping[str, Any]] = field(repr=False)
    cannot_know: tuple[str, ...] = ()
    monthly: float | None = None
    """What the stack costs a month by list prices, in US dollars; None where nothing says it."""
    capacity: Report | None = field(repr=False, default=None)
    """What its nodes hold; None where nobody asked or nothing says it."""


@dataclass(frozen=True)
class Sources:
    """Reads each source of one run with the same key, so that their secrets can be compared."""

    key: bytes = field(repr=False, default_factory=lambda: secrets.token_bytes(32))
    with_capacity: bool = False
    """Whether somebody asks what nodes hold: to work that out takes as long as a recording."""

    def stack(self, name: str, *, whole: bool = False) -> Source:
        """What this tree's program declares for a stack.

        The whole of it is with the cloud's resources.
        """
        settings = loader.load(name)
        recorded = record(settings)
        found: list[Any] = [manifest.content for manifest in manifests(recorded)]
        beside = marked.beside(recorded)
        found += beside if whole else marked.charts(beside)
        monthly = bill(settings).monthly
        capacity = report(settings) if self.with_capacity else None
        return Source(f"stack {name}", hidden(found, self.key), (STAND_INS,), monthly, capacity)

    def folder(self, folder: Path) -> Source:
        """The YAML files of a folder, such as `mpk render -o` writes."""
        files = _yaml_files(folder)
        if (charts := folder / CHARTS).is_dir():
            files += _yaml_files(charts)
        found = [each for path in files for each in _documents(path)]
        known = secret_texts(found)
        return Source(
            f"folder {folder}", hidden(found, self.key, known), (_IN_FILES, _NOT_IN_FILES)
        )

    def commit(
        self,
        ref: str | Commit,
        stacks: Sequence[str],
        root: Path | None = None,
        *,
        whole: bool = False,
    ) -> dict[str, Source]:
        """What the program of a commit declares for each stack: its own code, its own catalogue."""
        found = self.attempts(ref, stacks, root, whole=whole)
        for each in found.values():
            if isinstance(each, SourceError):
                raise each
        return cast("dict[str, Source]", found)

    def attempts(
        self,
        ref: str | Commit,
        stacks: Sequence[str],
        root: Path | None = None,
        *,
        whole: bool = False,
    ) -> dict[str, "Source | SourceError"]:
        """The same, with the refusal in the place of a stack that is not sound there."""
        commit = commit_of(ref, root)
        name = commit.name
        with tree_of(commit.id, root or loader.ROOT) as folder:
            answers = _recorded(folder, stacks, name, self.key)
            known = {stack: _standing(stack, folder, rows=self.with_capacity) for stack in stacks}
        found = {stack: self._answer(name, stack, answers[stack], whole=whole) for stack in stacks}
        return {
            stack: replace(each, monthly=known[stack][0], capacity=known[stack][1])
            if isinstance(each, Source)
            else each
            for stack, each in found.items()
        }

    def alike(
        self, ref: str | Commit, stacks: Sequence[str], root: Path | None = None
    ) -> dict[str, Source]:
        """The stacks that a commit declares as this tree does, without a look at their objects."""
        root, commit = root or loader.ROOT, commit_of(ref, root)
        found = alike((git_path(), "-C", str(root)), commit.id, stacks)
        monthly = {stack: bill(loader.load(stack, root=root)).monthly for stack in found}
        return {
            s: Source(commit.name, [], (STAND_INS,), monthly=cost) for s, cost in monthly.items()
        }

    def _answer(
        self, name: str, stack: str, answer: Mapping[str, Any], *, whole: bool
    ) -> "Source | SourceError":
        if "refused" in answer:
            return SourceError(f"stack {stack} at {name} is not sound: {answer['refused']}")
        if "missing" in answer:
            return Source(name, [], (f"stack {stack} does not exist at {name}: all is new",))
        beside: list[Any] = answer.get("beside", [])
        found: list[Any] = answer["objects"] + (beside if whole else marked.charts(beside))
        return Source(name, hidden(found, self.key), (STAND_INS,))


def _standing(stack: str, tree: Path, *, rows: bool) -> tuple[float | None, Report | None]:
    """Cost and room of another tree's stack by this tree's rules; None where unreadable to them."""
    try:
        settings = loader.load(stack, root=tree)
        return bill(settings).monthly, report(settings) if rows else None
    except SettingsError:
        return None, None


def _yaml_files(folder: Path) -> list[Path]:
    try:
        found = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
    except OSError as error:
        raise SourceError(f"{folder} cannot be read ({error.strerror})") from error
    if not found:
        raise SourceError(f"{folder} holds no YAML file; write them with: mpk render STACK -o DIR")
    return found


def _documents(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        documents: list[Any] = list(yaml.load_all(text, Loader=_PlainLoader))
    except (OSError, ValueError, yaml.YAMLError) as error:
        # PyYAML's message quotes the line, in which a secret may stand.
        raise SourceError(f"{path} is not readable YAML ({type(error).__name__})") from None
    found = [document for document in documents if document is not None]
    for document in found:
        if not _is_object(document):
            raise SourceError(f"{path} holds something else than Kubernetes objects")
    return cast("list[dict[str, Any]]", found)


def _is_object(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    entries = cast("dict[str, Any]", document)
    metadata = entries.get("metadata")
    named = isinstance(metadata, dict) and bool(cast("dict[str, Any]", metadata).get("name"))
    return named and bool(entries.get("apiVersion")) and bool(entries.get("kind"))


class _PlainLoader(yaml.CSafeLoader):
    """Reads what JSON knows: a date stays text."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if not tag.endswith(":timestamp")]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _recorded(tree: Path, stacks: Sequence[str], name: str, key: bytes) -> dict[str, Any]:
    """Run the recorder of a tree: this interpreter and its packages, nothing else of this tree."""
    output = tree.parent / "objects.json"
    # Without site: the path of this project, which it adds, would lend an old tree new modules.
    command = [sys.executable, "-S", "-P", "-B", marked.__file__, str(output), *stacks]
    packages = dict.fromkeys(sysconfig.get_path(each) for each in ("purelib", "platlib"))
    environment = {
        **{name: os.environ[name] for name in _LENT if name in os.environ},
        "HOME": str(tree.parent),
        "PYTHONPATH": os.pathsep.join([str(tree), *packages]),
        "MANPASIK_STATE": str(tree.parent / "state"),
    }
    try:
        done = subprocess.run(  # noqa: S603 - the program of this repository's own commit
            command, cwd=tree, env=environment, input=key, capture_output=True, check=False,
            timeout=RECORDING_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SourceError(f"recording {name} took longer than {RECORDING_SECONDS} s") from None
    if done.returncode or not output.is_file():
        raise SourceError(
            f"{name} cannot be recorded; it is too old, or its program fails: {last(done.stderr)}"
        )
    return cast("dict[str, Any]", json.loads(output.read_text()))
