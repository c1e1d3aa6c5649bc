"""Limits and habits of the code that no linter of ours knows (style, 3.11 and 3.12)."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from settings.loader import ROOT

ROOMS = (
    "settings",
    "components",
    "rendering",
    "operations",
    "schema",
    "localcluster",
    "drill",
    "rehearsal",
    "cli",
    "bench",
)
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LONGEST = {
    "README.md": 150,
    "Makefile": 45,
    "__main__.py": 80,
    **{f"catalog/services/{p.name}": 25 for p in (ROOT / "catalog/services").glob("*.yaml")},
    **{p.name: 60 for p in ROOT.glob("Pulumi.*.yaml")},
    **{f"docs/decisions/{p.name}": 80 for p in (ROOT / "docs/decisions").glob("*.md")},
    **{str(p.relative_to(ROOT)): 200 for p in (ROOT / "settings").glob("*.py")},
    **{str(p.relative_to(ROOT)): 300 for p in SOURCES if "settings" not in p.parts},
}


def functions(path):
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize(("file", "limit"), LONGEST.items())
def test_no_file_is_longer_than_a_reader_can_take_in(file, limit):
    assert len((ROOT / file).read_text().splitlines()) <= limit


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_longer_than_it_can_be_understood(path):
    for function in functions(path):
        limit = 60 if function.name == "__init__" else 50
        assert function.end_lineno - function.lineno < limit, function.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_options_of_the_caller_are_never_merged_and_outputs_are_always_named(path):
    text = path.read_text()
    assert ".merge(opts" not in text, "it reparents children (pitfall P-2)"
    assert "register_outputs({})" not in text


def test_every_component_names_its_outputs():
    for path in (ROOT / "components").rglob("*.py"):
        components = path.read_text().count("(pulumi.ComponentResource):")
        assert path.read_text().count(".register_outputs(") == components, path.name


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_exports_is_there(room):
    module = importlib.import_module(room)
    assert all(hasattr(module, name) for name in getattr(module, "__all__", []))


def test_every_module_can_be_imported_by_itself():
    names = [
        f"{room}.{m.name}" for room in ROOMS[:-1] for m in pkgutil.iter_modules([str(ROOT / room)])
    ]
    code = "import importlib, sys\nfor name in sys.argv[1:]:\n    importlib.import_module(name)\n"
    subprocess.run([sys.executable, "-c", code, *names], cwd=ROOT, check=True)


def test_no_two_test_files_have_one_name():
    names = sorted(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(names) == len(set(names)), "pytest imports them by name: the second stops the run"


def test_no_test_file_goes_uncollected():
    strays = [
        path.name
        for path in (ROOT / "tests").rglob("*.py")
        if "def test_" in path.read_text() and not path.name.startswith("test_")
    ]
    assert strays == []


@pytest.mark.parametrize(
    "word", ["proxy." + "golang.org", "files." + "pythonhosted", "/ro" + "ot/"]
)
def test_no_committed_text_names_a_registry_host_or_a_place_of_a_machine(word):
    git = ["git", "ls-files"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True)
    files = [
        Path(ROOT / name) for name in listed.stdout.splitlines() if not name.endswith("uv.lock")
    ]
    holding = [p.name for p in files if p.is_file() and word in p.read_text(errors="ignore")]
    assert holding == []
