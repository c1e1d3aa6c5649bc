"""The Pulumi engine behind the commands, by the Automation API in the project directory.

The engine is optional: without it, `mpk` applies what it records (decision 12). With it, state lies
in a file backend on this machine, encrypted with a passphrase that is generated once (mode 0600),
unless the environment names another backend.
"""

import contextlib
import enum
import json
import os
import secrets as entropy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import yaml
from pulumi import automation

from settings import paths
from settings.files import read_mapping
from settings.loader import ROOT, Settings, secret_names

PROJECT = "manpasik"
LOCK_PATIENCE_SECONDS = 900
_SALT = "encryptionsalt"
_LINES_SHOWN = 25
_Result = TypeVar("_Result")


class EngineError(Exception):
    """The engine is not there, or it failed; the message says what to do."""


class EngineChoice(enum.StrEnum):
    """Whether a command goes through the Pulumi engine."""

    AUTO = "auto"
    PULUMI = "pulumi"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class EngineResult:
    """How an update by the engine ended."""

    changes: Mapping[str, int]
    """Resources by what happened to them: create, update, delete, same …"""
    outputs: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        """Whether anything but `same` happened."""
        return any(count for change, count in self.changes.items() if change != "same")


def engine_command(choice: EngineChoice, *, install: bool) -> automation.PulumiCommand | None:
    """The engine to use, or None where a stack is deployed without it."""
    if choice is EngineChoice.NONE:
        return None
    root = paths.cache_dir() / "engine"
    if install:
        try:
            return automation.PulumiCommand.install(root=str(root))
        except Exception as error:
            raise EngineError(
                f"the engine cannot be installed ({error}); install `pulumi` by hand, or drop "
                "--install-engine to deploy without it"
            ) from error
    for place in (None, str(root)):
        with contextlib.suppress(Exception):
            return automation.PulumiCommand(root=place)
    if choice is EngineChoice.PULUMI:
        raise EngineError(
            "there is no `pulumi` on PATH; install it, add --install-engine, or use --engine none"
        )
    return None


def refuse_encrypted(settings: Settings) -> None:
    """Without the engine nobody can open what a stack file holds encrypted."""
    name = settings.stack_name
    held = secret_names(name)
    config = (read_mapping(ROOT / f"Pulumi.{name}.yaml", "", []) or {}).get("config", {})
    if held or "manpasik:seed" in config:
        raise EngineError(
            f"Pulumi.{name}.yaml holds encrypted values, which only the engine can open; "
            "put `pulumi` on PATH, or use --install-engine"
        )


class EngineStack:
    """One stack in the engine's hands."""

    def __init__(
        self, settings: Settings, command: automation.PulumiCommand, kubeconfig: str
    ) -> None:
        """Find the stack's state, or begin it."""
        self._name = settings.stack_name
        self._folder = paths.state_dir() / "engine" / self._name
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._options = automation.LocalWorkspaceOptions(
            pulumi_command=command,
            env_vars=_environment(kubeconfig),
            secrets_provider="passphrase",
        )
        self._config_file = self._begin()
        self._stack = automation.select_stack(self._name, work_dir=str(ROOT), opts=self._options)

    def up(self, on_event: Callable[[automation.EngineEvent], None]) -> EngineResult:
        """Bring the stack to what the program says."""

        def run() -> automation.UpResult:
            return self._stack.up(
                config_file=self._config_file,
                on_event=on_event,
                color="never",
                suppress_progress=True,
            )

        result = self._when_unlocked(run)
        outputs = {key: output.value for key, output in result.outputs.items() if not output.secret}
        return EngineResult(changes=_counts(result.summary), outputs=outputs)

    def destroy(self, on_event: Callable[[automation.EngineEvent], None]) -> EngineResult:
        """Delete everything of the stack and forget it."""

        def run() -> automation.DestroyResult:
            return self._stack.destroy(
                config_file=self._config_file, on_event=on_event, color="never"
            )

        result = self._when_unlocked(run)
        return EngineResult(changes=_counts(result.summary), outputs={})

    def _begin(self) -> str | None:
        """Begin the stack beside the checkout, so that its encryption salt stays out of it.

        Returns the configuration file to use; None where the project's own file is set up for the
        engine already.
        """
        own = read_mapping(ROOT / f"Pulumi.{self._name}.yaml", "", []) or {}
        if own.keys() & {_SALT, "secretsprovider"}:
            automation.create_or_select_stack(self._name, work_dir=str(ROOT), opts=self._options)
            return None
        (self._folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        automation.create_or_select_stack(
            self._name, work_dir=str(self._folder), opts=self._options
        )
        begun = self._folder / f"Pulumi.{self._name}.yaml"
        salt = (read_mapping(begun, "", []) or {}).get(_SALT)
        merged = self._folder / "config.yaml"
        merged.write_text(yaml.safe_dump({_SALT: salt, **own} if salt else own))
        return str(merged)

    def _when_unlocked(self, run: Callable[[], _Result]) -> _Result:
        """Run; wait for a live owner of the lock, clear the lock of one that was killed."""
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        while True:
            try:
                return run()
            except automation.ConcurrentUpdateError as error:
                if self._lock_owner_lives():
                    if time.monotonic() > deadline:
                        raise EngineError(
                            f"another update of {self._name} has held its lock for "
                            f"{LOCK_PATIENCE_SECONDS} s; wait for it, then try again"
                        ) from error
                    time.sleep(1)
                else:
                    self._stack.cancel()
            except automation.CommandError as error:
                raise EngineError(_short(str(error))) from error

    def _lock_owner_lives(self) -> bool:
        """Whether a lock of the file backend belongs to a running process of this machine."""
        locks = (paths.state_dir() / "engine" / "state" / ".pulumi" / "locks").rglob("*.json")
        return any(
            psutil.pid_exists(int(json.loads(lock.read_text()).get("pid", 0)))
            for lock in locks
            if lock.parent.name == self._name
        )


def _environment(kubeconfig: str) -> dict[str, str]:
    """What the engine needs beside the user's own environment, which has the last word."""
    root = paths.state_dir() / "engine"
    backend = root / "state"
    backend.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {"KUBECONFIG": kubeconfig, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    if "PULUMI_BACKEND_URL" not in os.environ:
        wanted["PULUMI_BACKEND_URL"] = f"file://{backend}"
    if not os.environ.keys() & {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"}:
        wanted["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase(root / "passphrase"))
    return wanted


def _passphrase(path: Path) -> Path:
    """The passphrase of this machine's state, made on first use (mode 0600)."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(entropy.token_urlsafe(32))
    return path


def _counts(summary: automation.UpdateSummary) -> dict[str, int]:
    return {str(change): count for change, count in (summary.resource_changes or {}).items()}


def _short(message: str) -> str:
    """The end of what the engine printed, where it says what is wrong."""
    lines = [line for line in message.splitlines() if line.strip()]
    return "the engine failed:\n  " + "\n  ".join(lines[-_LINES_SHOWN:])
