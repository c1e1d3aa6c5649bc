"""The commands of `mpk` by name, each imported when it is asked for.

A command needs a fraction of the program: `mpk local status` waits neither for the monitoring's
dashboards nor for a database driver. Only `mpk --help` imports them all.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import typer
import typer.main
from typer.core import TyperGroup

COMMANDS: Mapping[str, str] = {
    "up": "up:up",
    "check": "check:check",
    "render": "render:render",
    "compose": "compose:compose",
    "push": "push:push",
    "seal": "seal:seal",
    "plan": "plan:plan",
    "pr-comment": "pr_comment:pr_comment",
    "pr-publish": "pr_publish:pr_publish",
    "checklist": "checklist:checklist",
    "images": "images:images",
    "image-name": "images:image_name",
    "cloud": "cloud:cloud",
    "targets": "targets:targets",
    "load": "load:load",
    "evidence": "checklist:evidence",
    "stable": "stable:stable",
    "cost": "cost:cost",
    "topology": "topology:topology",
    "schema": "schema:schema",
    "preview": "preview:preview",
    "refresh": "refresh:refresh",
    "drift": "drift:drift",
    "outputs": "outputs:outputs",
    "kubeconfig": "kubeconfig:kubeconfig",
    "token": "token:token",
    "trust": "trust:trust",
    "import": "imports:import_",
    "destroy": "destroy:destroy",
    "charts": "charts:app",
    "dashboards": "dashboards:app",
    "engine": "engine_install:app",
    "product": "product:app",
    "drill": "drill:app",
    "migrate": "migrate:app",
    "release": "release:release",
    "promote": "decide:promote",
    "abort": "decide:abort",
    "switch": "decide:switch",
    "rollback": "rollback:rollback",
    "status": "status:status",
    "local": "local:app",
}
"""Where each is, as `module:name` below `cli`, in the order of the help."""


class LazyGroup(TyperGroup):
    """Knows the names of its commands, and imports one when it is to be run or described."""

    def __init__(self, **how: Any) -> None:
        """Take what Typer gives; the names are enough to list them and to guess what was meant."""
        super().__init__(**how)
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the signature is click's
        """The command of a name, or None."""
        return _command(cmd_name, COMMANDS[cmd_name]) if cmd_name in COMMANDS else None


def _command(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(importlib.import_module(f"cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        command = typer.main.get_group(found)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)
