"""A stack in the hands of the Pulumi engine, by the Automation API in the project directory."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import psutil
import yaml
from pulumi import automation

from cli.engine import OWN_BACKEND, EngineError, engine_folder, environment
from operations.cluster import Cluster
from settings import paths
from settings.files import mapping_or_empty
from settings.loader import ROOT, Settings

PROJECT = "manpasik"
LOCK_PATIENCE_SECONDS = 900
_SALT = "encryptionsalt"
_LINES_SHOWN = 25
_TELLING = ("error:", "* ", "Pulumi.", "catalog/", "manpasik:", "kubernetes:")
# The Kubernetes provider's own switch: an object that exists is taken over, not refused.
_ADOPTING = {"PULUMI_K8S_UPSERT_EXISTING_OBJECTS": "true"}
_Result = TypeVar("_Result")


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


class EngineStack:
    """One stack in the engine's hands."""

    def __init__(
        self,
        settings: Settings,
        command: automation.PulumiCommand,
        kubeconfig: str,
        *,
        adopt: bool = False,
    ) -> None:
        """Find the stack's state, or begin it."""
        self._name = settings.stack_name
        self._command = command
        self._cluster = lambda: Cluster(kubeconfig, settings.stack.cluster.context)
        self._root = engine_folder(kubeconfig)
        self._folder = self._root / self._name
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._options = automation.LocalWorkspaceOptions(
            pulumi_command=command,
            env_vars=environment(self._root, kubeconfig) | (_ADOPTING if adopt else {}),
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
                # Else the history is read with secrets, and a new salt lands in the project's file.
                show_secrets=False,
                refresh=self._may_have_lost_its_cluster(),
            )

        self._when_unlocked(self._repair)
        result = self._when_unlocked(run)
        outputs = {key: output.value for key, output in result.outputs.items() if not output.secret}
        return EngineResult(changes=_counts(result.summary), outputs=outputs)

    def destroy(self, on_event: Callable[[automation.EngineEvent], None]) -> EngineResult:
        """Delete everything of the stack; its history stays."""

        def run() -> automation.DestroyResult:
            return self._stack.destroy(
                config_file=self._config_file,
                on_event=on_event,
                color="never",
                show_secrets=False,
                refresh=self._may_have_lost_its_cluster(),
            )

        self._when_unlocked(self._repair)
        return EngineResult(changes=_counts(self._when_unlocked(run).summary), outputs={})

    def _repair(self) -> None:
        """Clear up after a killed update: what it was creating is looked for in the cluster.

        An object that is there is taken into the state with the inputs that it was created from;
        one that is not will be created. Nobody edits state by hand (pitfall A-6). The engine's own
        import would take the live object's defaults as inputs and replace it at the next update.
        """
        exported: Any = json.loads(self._run("stack", "export").stdout)
        state: Any = exported["deployment"]
        operations: list[Any] = state.get("pending_operations") or []
        if not operations:
            return
        cluster = self._cluster()
        creating = [op["resource"] for op in operations if op["type"] == "creating"]
        state["resources"] += [found for each in creating if (found := _existing(cluster, each))]
        state["pending_operations"] = [op for op in operations if op["type"] != "creating"]
        file = self._folder / "repaired.json"
        file.write_text(json.dumps(exported))
        self._run("stack", "import", "--file", str(file))
        file.unlink()
        config = ["--config-file", self._config_file] if self._config_file else []
        self._run("refresh", "--yes", "--skip-preview", *config)

    def _run(self, *arguments: str) -> automation.CommandResult:
        """Run a command for which the Automation API has no call that leaves the checkout alone."""
        common = ["--non-interactive", "--stack", self._name]
        return self._command.run([*arguments, *common], str(ROOT), self._options.env_vars or {})

    def _may_have_lost_its_cluster(self) -> bool:
        """Whether the state may tell of an embedded cluster that is gone.

        State kept in the cluster's own folder goes with it; a backend of the user's does not.
        """
        return OWN_BACKEND in os.environ and self._root != paths.state_dir() / "engine"

    def _begin(self) -> str | None:
        """Begin the stack beside the checkout, so that its encryption salt stays out of it.

        Returns the configuration file to use; None where the project's own file is set up for the
        engine already.
        """
        own = mapping_or_empty(ROOT / f"Pulumi.{self._name}.yaml")
        if own.keys() & {_SALT, "secretsprovider"}:
            automation.create_or_select_stack(self._name, work_dir=str(ROOT), opts=self._options)
            return None
        (self._folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        automation.create_or_select_stack(
            self._name, work_dir=str(self._folder), opts=self._options
        )
        begun = self._folder / f"Pulumi.{self._name}.yaml"
        salt = mapping_or_empty(begun).get(_SALT)
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
        locks = (self._root / "state" / ".pulumi" / "locks").rglob("*.json")
        return any(
            psutil.pid_exists(int(json.loads(lock.read_text()).get("pid", 0)))
            for lock in locks
            if lock.parent.name == self._name
        )


def _existing(cluster: Cluster, resource: Mapping[str, Any]) -> dict[str, Any] | None:
    """A half-created Kubernetes object as state, where the cluster has it; else None."""
    inputs: Any = resource.get("inputs") or {}
    if not {"apiVersion", "kind"} <= inputs.keys():
        return None
    name, namespace = inputs["metadata"]["name"], inputs["metadata"].get("namespace", "")
    if cluster.get(inputs["apiVersion"], inputs["kind"], name, namespace) is None:
        return None
    identity = f"{namespace}/{name}" if namespace else name
    return {**resource, "id": identity, "outputs": inputs}


def _counts(summary: automation.UpdateSummary) -> dict[str, int]:
    return {str(change): count for change, count in (summary.resource_changes or {}).items()}


def _short(message: str) -> str:
    """What the engine says of errors, without the tracebacks of what it ended itself."""
    lines = [line for line in message.splitlines() if line.strip()]
    lines = [line for line in lines if line.strip().startswith(_TELLING)] or lines
    hint = "\n  --adopt takes over what exists already" if "already exists" in message else ""
    return "the engine failed:\n  " + "\n  ".join(lines[-_LINES_SHOWN:]) + hint
