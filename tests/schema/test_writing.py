"""What `mpk migrate new` writes: whole, numbered, clean, or nothing."""

import datetime
import os

import pytest
from typer.testing import CliRunner

from cli.app import app
from schema import read
from schema.lint import lint
from schema.rules.examples import BASE
from schema.writers import columns, tables
from schema.writing import write
from settings.problems import SettingsError

TODAY = datetime.date(2026, 11, 24)
COMMANDS = [
    ["add-column", "devices.checked", "boolean", "--default", "false", "--not-null"],
    ["drop-column", "devices.note"],
    ["drop-column", "devices.serial", "--default", "''"],
    ["rename-table", "owners", "patients"],
    ["index", "devices", "owner_id", "model"],
    ["index", "devices", "serial", "--unique"],
    ["backfill", "devices.note", "'n' || id"],
    ["not-null", "devices.note"],
]


@pytest.fixture
def folder(tmp_path):
    for name, text in BASE.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def new(folder, command, *rest):
    return CliRunner().invoke(app, ["migrate", "new", command, str(folder), *rest])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_writes_files_that_lint_has_nothing_to_say_about(folder, command):
    for _ in range(3 if command[0] == "drop-column" else 1):
        done = new(folder, *command)
        assert done.exit_code == 0, done.output
    assert lint(read(folder), TODAY) == []


def test_each_release_of_a_change_is_written_by_the_same_command_one_after_the_other(folder):
    for number in (1, 2, 3):
        done = new(folder, "drop-column", "devices.note")
        assert f"this is release {number} of 3" in done.output
    found = [m.up.header.step.number for m in read(folder).migrations[1:]]
    assert found == [1, 2, 3]


def test_a_column_that_must_be_filled_gets_a_default_before_code_stops_filling_it(folder):
    done = new(folder, "drop-column", "devices.serial")
    assert done.exit_code == 2
    assert "could not insert; say --default VALUE" in done.output
    assert len(list(folder.iterdir())) == len(BASE)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["add-column", "devices.x", "bigint", "--not-null"], "R-MIG-1"),
        (["add-column", "devices.x", "uuid", "--default", "gen_random_uuid()"], "R-MIG-1"),
        (["add-column", "devices.x", "bigint; DROP TABLE owners"], "R-MIG-3"),
        (["add-column", "devices.x", "not a type at all ("], "FILE-1"),
        (["add-column", "devices", "text"], "write TABLE.COLUMN"),
        (["drop-column", "devices.nowhere"], "no file of the folder makes this column"),
        (["rename-table", "nowhere", "patients"], "no file of the folder makes this table"),
        (["index", "devices", "Serial"], "is no name"),
    ],
)
def test_what_cannot_be_written_safely_is_refused_and_nothing_is_written(folder, command, told):
    done = new(folder, *command)
    assert done.exit_code == 2, done.output
    assert told in done.output
    assert len(list(folder.iterdir())) == len(BASE)


def test_a_table_whose_keys_a_sequence_counts_is_not_renamed_into_two_that_count_alike(folder):
    text = "CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"
    (folder / "000002_events.up.sql").write_text(text)
    with pytest.raises(SettingsError, match="counted by a sequence"):
        tables.rename_table(read(folder), "events", "happenings")


def test_a_write_that_fails_half_way_leaves_nothing(folder, monkeypatch):
    link, calls = os.link, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        link(*arguments)

    monkeypatch.setattr(os, "link", failing)
    with pytest.raises(SettingsError, match="No space left on device"):
        write(read(folder), columns.not_null("devices.note"), TODAY)
    assert len(list(folder.iterdir())) == len(BASE)
