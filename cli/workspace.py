"""Where a stack's state lies, and how the engine is asked about it, one operation at a time.

The stack is begun beside the checkout, so that its encryption salt stays out of it. Locks whose
owner is dead are cleared, what a killed update left pending is repaired, and what the engine says
of a failure becomes an error that names the next step.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

import yaml
from pulumi import automation

from cli import locks
from cli.engine import OWN_BACKEND, engine_folder, environment, has_own_backend
from cli.failures import EngineError, explained
from cli.repair import repaired
from settings import paths
from settings.files import mapping_or_empty
from settings.loader import ROOT, Settings

PROJECT = "manpasik"
_SALT = "encryptionsalt"
# The Kubernetes provider's own switch: an object that exists is taken over, not refused.
_ADOPTING = {"PULUMI_K8S_UPSERT_EXISTING_OBJECTS": "true"}
# `pulumi stack select` writes one file for the whole project.
_SELECTING = threading.Lock()
_Result = TypeVar("_Result")


class Workspace:
    """One stack's place in the engine's hands."""

    def __init__(
        self,
        settings: Settings,
        command: automation.PulumiCommand,
        kubeconfig: str | None,
        *,
        adopt: bool = False,
        patience_seconds: float = locks.PATIENCE_SECONDS,
    ) -> None:
        """Name the stack; nothing is asked of the engine yet."""
        self.stack = settings.stack_name
        self.config_file: str | None = None
        self._command = command
        self._patience = patience_seconds
        self._root = engine_folder(kubeconfig)
        self._folder = self._root / self.stack
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._variables = environment(self._root, kubeconfig)
        self._options = automation.LocalWorkspaceOptions(
            pulumi_command=command,
            env_vars=self._variables | (_ADOPTING if adopt else {}),
            secrets_provider="passphrase",
        )

    @contextlib.contextmanager
    def opened(self, *, alone: bool = True) -> Generator[automation.Stack]:
        """The stack for one operation, which nobody of this machine shares."""
        lock = locks.alone(self._folder, self.stack, self._patience)
        with lock if alone else contextlib.nullcontext():
            self.config_file = self.said(self._begin)
            with _SELECTING:
                chosen = self.said(
                    lambda: automation.select_stack(
                        self.stack, work_dir=str(ROOT), opts=self._options
                    )
                )
            yield chosen

    def said(self, run: Callable[[], _Result]) -> _Result:
        """Run; wait for a live owner of the lock, clear the lock of one that was killed."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return run()
            except automation.ConcurrentUpdateError as error:
                if not locks.owner_lives(self._variables_of(OWN_BACKEND), self.stack):
                    self._command.run(
                        ["cancel", "--yes", "--stack", self.stack],
                        str(ROOT),
                        self._options.env_vars or {},
                    )
                elif time.monotonic() >= deadline:
                    raise explained(str(error), self.stack) from error
                else:
                    time.sleep(1)
            except automation.CommandError as error:
                raise explained(str(error), self.stack) from error

    def run(self, *arguments: str) -> str:
        """Run a command for which the Automation API has no call that leaves the checkout alone."""
        common = ["--non-interactive", "--stack", self.stack]
        result = self.said(
            lambda: self._command.run(
                [*arguments, *common], str(ROOT), self._options.env_vars or {}
            )
        )
        return result.stdout

    def configured(self, *arguments: str) -> str:
        """The same for a command that reads the stack's configuration."""
        own = ["--config-file", self.config_file] if self.config_file else []
        return self.run(*arguments, *own)

    def deployment(self) -> Mapping[str, Any]:
        """The stack's state as the engine keeps it; secrets stay encrypted."""
        exported: Any = json.loads(self.run("stack", "export"))
        return exported["deployment"] or {}

    def repair(self) -> Sequence[str]:
        """Clear what a killed update left pending; returns what could not be looked for."""
        before = self.run("stack", "export")
        exported: Any = json.loads(before)
        mended = repaired(exported["deployment"] or {})
        if mended is None:
            return ()
        self._import(json.dumps({**exported, "deployment": mended.state}))
        try:
            self.configured("refresh", "--yes", "--skip-preview")
        except EngineError:
            # What was only supposed must not stay in the state unseen.
            self._import(before)
            raise
        return mended.unknown

    def _import(self, state: str) -> None:
        file = self._folder / "repaired.json"
        file.write_text(state)
        self.run("stack", "import", "--file", str(file))
        file.unlink()

    def may_have_lost_its_cluster(self) -> bool:
        """Whether the state may tell of an embedded cluster that is gone.

        State kept in the cluster's own folder goes with it; a backend of the user's does not.
        """
        return has_own_backend() and self._root != paths.state_dir() / "engine"

    def _begin(self) -> str | None:
        """Begin the stack beside the checkout, so that its encryption salt stays out of it.

        Returns the configuration file to use; None where the project's own file is set up for the
        engine already.
        """
        own = mapping_or_empty(ROOT / f"Pulumi.{self.stack}.yaml")
        if own.keys() & {_SALT, "secretsprovider"}:
            with _SELECTING:
                automation.create_or_select_stack(
                    self.stack, work_dir=str(ROOT), opts=self._options
                )
            return None
        (self._folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        automation.create_or_select_stack(
            self.stack, work_dir=str(self._folder), opts=self._options
        )
        salt = mapping_or_empty(self._folder / f"Pulumi.{self.stack}.yaml").get(_SALT)
        merged = self._folder / "config.yaml"
        merged.write_text(yaml.safe_dump({_SALT: salt, **own} if salt else own))
        return str(merged)

    def _variables_of(self, name: str) -> str:
        return self._variables.get(name) or os.environ.get(name, "")
