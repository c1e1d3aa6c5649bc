"""Rendered files: the same bytes everywhere, one object each, never half a tree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rendering import manifests, record, write_manifests
from rendering.folder import OutputFolderError
from rendering.manifest import to_yaml
from settings import load
from settings.loader import ROOT
from tests.support.recording import STACKS, recorded

RENDER = """
from pathlib import Path
from rendering import manifests, record, write_manifests
from settings.loader import load
for stack in __STACKS__:
    write_manifests(manifests(record(load(stack))), Path(stack))
"""
# Unlike this process in whatever may show in a text; ASCII is all that the locale can write.
ELSEWHERE = {
    "PYTHONHASHSEED": "4242",
    "TZ": "Asia/Seoul",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "HOME": "/nonexistent",
}


def files_of(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_every_stack_gives_the_same_bytes_wherever_it_is_rendered(tmp_path):
    """Hash seed, locale, time zone, working directory, home: none of them shows."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **ELSEWHERE}
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    command = [sys.executable, "-c", RENDER.replace("__STACKS__", repr(STACKS))]
    done = subprocess.run(
        command, cwd=there, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for stack in STACKS:
        write_manifests(manifests(recorded(stack)), here / stack)
    theirs, ours = files_of(there), files_of(here)
    assert theirs.keys() == ours.keys()
    assert [str(path) for path in ours if theirs[path] != ours[path]] == []


def test_every_file_holds_the_one_object_that_its_name_says(tmp_path):
    for path in write_manifests(manifests(recorded("local")), tmp_path / "out"):
        found = yaml.safe_load(path.read_text())
        space = found["metadata"].get("namespace", "cluster")
        name = f"{space}.{found['kind']}.{found['metadata']['name']}.yaml".lower()
        assert path.name == name


def test_a_second_rendering_replaces_the_first_and_leaves_nothing_else(tmp_path):
    folder = tmp_path / "out"
    write_manifests(manifests(recorded("local")), folder)
    fewer = [m for m in manifests(recorded("local")) if m.name != "video-service"]
    write_manifests(fewer, folder)
    assert not list(folder.glob("*video-service.yaml")), "an object of the first is still there"
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "something lies beside"


def test_a_folder_with_foreign_files_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputFolderError, match=r"thesis\.docx"):
        write_manifests(manifests(recorded("local")), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_that_somebody_put_beside_a_rendering_is_not_lost(tmp_path):
    folder = tmp_path / "out"
    write_manifests(manifests(recorded("local")), folder)
    (folder / "my.notes.2026.yaml").write_text("mine")
    with pytest.raises(OutputFolderError, match=r"my\.notes\.2026\.yaml"):
        write_manifests(manifests(recorded("local")), folder)
    assert (folder / "my.notes.2026.yaml").read_text() == "mine"


@pytest.mark.parametrize("place", ["/proc/version/out", "/proc/1/nowhere/out"])
def test_a_folder_that_cannot_be_made_is_one_sentence(place):
    with pytest.raises(OutputFolderError):
        write_manifests([], Path(place))


def test_a_rendering_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_manifests(manifests(recorded("local")), folder)
    before = sorted(folder.iterdir())
    monkeypatch.setattr("rendering.manifest.redact", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_manifests(manifests(recorded("local")), folder)
    assert sorted(folder.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


AMBIGUOUS = ["y", "n", "=", "yes", "no", "on", "null", "1e3", "12345e6789", "0x10", "0o7", "12:30"]


@pytest.mark.parametrize("value", AMBIGUOUS)
def test_text_that_other_readers_take_for_something_else_is_quoted(value):
    line = to_yaml([{"key": value}])
    assert f"'{value}'" in line or f'"{value}"' in line


def altered(stack, changes):
    """The files that differ after a change of one stack file, and all that are there."""
    settings = load(stack)
    after = settings.stack.model_dump(mode="json", exclude_defaults=True) | changes
    old = {m.file_name: m.content for m in manifests(recorded(stack))}
    new = {m.file_name: m.content for m in manifests(record(load(stack, after)))}
    assert old.keys() == new.keys()
    return {name for name in old if old[name] != new[name]}


def test_one_service_s_change_alters_that_service_s_files_only():
    changed = altered("dev", {"services": {"shop-service": {"image_tag": "v1.2.3"}}})
    assert changed == {"manpasik.deployment.shop-service.yaml"}


def test_one_service_s_growth_alters_that_service_s_files_only():
    own = {"replicas": 3, "max_replicas": 9, "cpu": "300m", "memory": "300Mi"}
    changed = altered("staging", {"services": {"shop-service": own}})
    assert changed == {
        "manpasik.deployment.shop-service.yaml",
        "manpasik.horizontalpodautoscaler.shop-service.yaml",
    }, "quota, gateway or another service"
