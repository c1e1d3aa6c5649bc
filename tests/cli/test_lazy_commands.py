"""A command imports what it needs and no more; every known error has its exit code."""

import importlib
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from cli.app import CODES, app
from cli.commands import COMMANDS
from settings.loader import ROOT


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there_under_its_name(name):
    group = typer.main.get_command(app)
    found = group.get_command(None, name)
    assert found.name == name
    assert found.help or found.commands, name


def test_a_command_that_is_not_there_is_told_with_those_that_are_like_it():
    done = CliRunner().invoke(app, ["chek"])
    assert done.exit_code == 2
    assert "check" in done.stderr


@pytest.mark.parametrize("name", CODES)
def test_every_error_with_an_exit_code_exists(name):
    module, _, error = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), error), Exception)


def test_to_read_the_settings_nobody_imports_a_driver_an_engine_or_a_cluster_s_client():
    program = "import sys, cli.app, cli.check; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"pulumi", "psycopg", "kubernetes", "drill"}.isdisjoint(done.stdout.split())
