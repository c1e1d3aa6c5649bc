"""Every command of the runbook is one that there is, with these options (issue 6, line 6)."""

import shlex

import pytest
import typer
from typer.core import TyperGroup

from cli.app import app
from tests.support.runbook import of

SUBCOMMANDS = {
    "kubectl argo rollouts": {"get", "promote", "abort", "retry", "undo"},
    "kubectl": {"get", "describe", "logs", "rollout", "argo"},
}


def parsed(words):
    """As `mpk` reads them; raises what it would refuse them with."""
    command, context = typer.main.get_command(app), None
    while isinstance(command, TyperGroup):
        context = command.context_class(command, parent=context)
        _, command, words = command.resolve_command(context, words)
    return command.make_context(command.name, list(words), parent=context)


def test_there_are_commands_of_each_program():
    assert all(of(program) for program in ("mpk", "kubectl", "argocd", "git"))


@pytest.mark.parametrize("command", of("mpk"))
def test_mpk_knows_each_of_its_commands(command):
    if command != "mpk":
        parsed(shlex.split(command)[1:])


@pytest.mark.parametrize("command", of("kubectl"))
def test_kubectl_s_commands_are_among_those_that_are_tried(command):
    for prefix, known in SUBCOMMANDS.items():
        if command == "kubectl":
            return
        if command.startswith(f"{prefix} "):
            assert command.removeprefix(f"{prefix} ").split(" ")[0] in known
            return
    pytest.fail(command)


def test_a_command_that_is_not_there_would_be_found():
    for wrong in (["no-such"], ["rollback", "S", "--no-such"]):
        with pytest.raises(Exception, match="No such"):
            parsed(wrong)
