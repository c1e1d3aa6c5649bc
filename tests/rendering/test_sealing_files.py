"""The files that sealing reads: refused where they cannot be trusted or read."""

import subprocess
import sys

import pytest

from rendering import sealing
from rendering.secret_values import read_given
from settings.loader import ROOT
from settings.problems import SettingsError


def test_a_file_of_secrets_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "given.yaml"
    file.write_text("JWT_SECRET: planted")
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="can be read by others; run: chmod 600"):
        read_given(str(file))


def test_a_file_of_secrets_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="nowhere: does not exist; write it, with mode 0600"):
        read_given("nowhere")


@pytest.mark.parametrize("text", ["JWT_SECRET: 12e4567", "planted", "A: planted\nA: planted", "{"])
def test_a_file_that_is_no_list_of_secrets_is_refused_without_a_word_of_it(tmp_path, text):
    file = tmp_path / "given.yaml"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(SettingsError) as refused:
        read_given(str(file))
    assert "planted" not in str(refused.value)
    assert "12e4567" not in str(refused.value)


def test_secrets_can_come_through_a_pipe():
    code = "from rendering.secret_values import read_given; print(sorted(read_given('-').values))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, input=b"B: b\nA: a\n", capture_output=True, check=True)
    assert done.stdout == b"['A', 'B']\n"


@pytest.mark.parametrize("text", ["[", "kind: Secret", "- a", "a: {", "kind: SealedSecret"])
def test_sealed_values_that_cannot_be_read_are_refused_before_anything_is_written(tmp_path, text):
    file = tmp_path / "sealed.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match="restore it from git"):
        sealing.read(file)
