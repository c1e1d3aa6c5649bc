"""Rendered files: the same bytes everywhere, no secret in any of them, never half a tree."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from rendering import manifests, record, write_manifests
from rendering.folder import OutputFolderError
from rendering.manifest import to_yaml
from settings import load
from settings.loader import ROOT
from tests.support.recording import recorded

PLANTED = {
    "DB_PASSWORD": "PlantedDbPassword0000001",
    "JWT_SECRET": "planted-jwt/secret+0000000000000000000000",
    "TOSS_SECRET_KEY": "live_planted_0000000000000001",
    "REDIS_PASSWORD": "PlantedRedisPassword0001",
}
RENDER = """
import hashlib
from pathlib import Path
from rendering import manifests, record
from rendering.folder import OutputFolderError
from rendering.manifest import to_yaml
from rendering.recorder import redact
from settings import load
text = "".join(to_yaml([redact(m.content)]) for m in manifests(record(load("dev"))))
print(hashlib.sha256(text.encode()).hexdigest())
"""
PLACES = [
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Seoul"},
    {"LC_ALL": "C", "TZ": "America/New_York", "HOME": "/nonexistent"},
]


def test_the_same_program_gives_the_same_bytes_wherever_it_runs(tmp_path):
    digests = set()
    for number, place in enumerate(PLACES):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **place}
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-c", RENDER]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1, "hash seed, locale, time zone or working directory shows"


def test_no_planted_secret_is_in_any_rendered_file(tmp_path):
    written = write_manifests(manifests(record(load("dev"), secrets=PLANTED)), tmp_path / "out")
    text = "".join(path.read_text() for path in written)
    for value in PLANTED.values():
        for form in (value, base64.b64encode(value.encode()).decode(), quote(value, safe="")):
            assert form not in text


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


AMBIGUOUS = ["y", "n", "yes", "no", "on", "null", "1e3", "12345e6789", "0x10", "0o7", "12:30"]


@pytest.mark.parametrize("value", AMBIGUOUS)
def test_text_that_other_readers_take_for_something_else_is_quoted(value):
    line = to_yaml([{"key": value}])
    assert f"'{value}'" in line or f'"{value}"' in line


def test_one_service_s_change_alters_that_service_s_files_only():
    settings = load("dev")
    changed = settings.stack.model_copy(
        update={"services": {"shop-service": {"image_tag": "v1.2.3"}}}
    )
    after = load("dev", changed.model_dump(mode="json", exclude_defaults=True, warnings=False))
    old = {m.file_name: m.content for m in manifests(recorded("dev"))}
    new = {m.file_name: m.content for m in manifests(record(after))}
    assert old.keys() == new.keys()
    differing = {name for name in old if old[name] != new[name]}
    assert differing == {"manpasik.deployment.shop-service.yaml"}
