"""Setting up a machine: what is missing is named, with the way out."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

from settings.loader import ROOT


@pytest.fixture
def setup(tmp_path, monkeypatch):
    """The set-up program, for a checkout of its own."""
    specification = importlib.util.spec_from_file_location("setup_program", ROOT / "tools/setup.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_an_old_python_is_refused_with_how_to_get_a_new_one(setup, monkeypatch, capsys):
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))
    assert setup.main() == 2
    told = capsys.readouterr().err
    assert "Python 3.9.2 is too old" in told
    assert "3.11" in told


def test_without_a_package_index_there_is_one_sentence_and_no_half_set_up(tmp_path):
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/setup.py", tmp_path / "tools")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_FIND_LINKS": ""}
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PIP_NO_CACHE_DIR": "1",
    } | nowhere
    command = [sys.executable, tmp_path / "tools/setup.py"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "could not be installed; the reason stands above" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_only_the_pinned_uv_is_used(setup, tmp_path, monkeypatch):
    other = tmp_path / "bin" / "uv"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho uv 0.0.1\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert setup.find_uv() is None
    other.write_text(f"#!/bin/sh\necho uv {setup.UV_VERSION} extra\n")
    assert setup.find_uv() == str(other)


def test_make_names_a_missing_python():
    environment = os.environ | {"PYTHON": "python-that-nobody-has"}
    command = ["make", "--always-make", ".venv/ready"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "there is no python-that-nobody-has; install Python 3.11" in done.stdout


def test_what_one_checkout_compiled_the_next_one_has(setup, tmp_path, monkeypatch):
    monkeypatch.setenv("MANPASIK_CACHE", str(tmp_path / "cache"))
    places = []
    for name in ("first", "second"):
        place = tmp_path / name
        (place / ".venv" / "lib" / "__pycache__").mkdir(parents=True)
        (place / ".venv" / "ready").touch()
        (place / "settings").mkdir()
        shutil.copy(ROOT / "settings/paths.py", place / "settings")
        shutil.copy(ROOT / "uv.lock", place)
        places.append(place)
    (places[0] / ".venv/lib/__pycache__/some.pyc").write_bytes(b"compiled")
    monkeypatch.setattr(setup, "ROOT", places[0])
    assert setup.keep() == 0
    setup.ROOT, home = places[1], places[1] / ".venv"
    setup.link_compiled(setup.compiled(home), home)
    assert (home / "lib/__pycache__/some.pyc").read_bytes() == b"compiled"
    (places[1] / "uv.lock").write_text("other packages")
    assert not setup.compiled(home).exists(), "they are of the packages of one lock"


def test_what_is_there_stays_and_what_nobody_used_lately_goes(setup, tmp_path, monkeypatch):
    monkeypatch.setenv("MANPASIK_CACHE", str(tmp_path / "cache"))
    for name in ("settings/paths.py", "uv.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    home = tmp_path / ".venv"
    for file in (home / "a.pyc", home / "ready"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    kept, old = setup.compiled(home), setup.compiled(home).with_name("venv-old")
    for folder in (kept, old):
        folder.mkdir(parents=True)
    (kept / "a.pyc").write_text("another's")
    os.utime(old, (0, 0))
    setup.keep()
    assert ((kept / "a.pyc").read_text(), old.exists()) == ("another's", False)
    setup.link_compiled(kept, home)
    assert (home / "a.pyc").read_text() == "mine"
