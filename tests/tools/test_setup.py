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
