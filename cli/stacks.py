"""What the engine does with a stack: preview, up, refresh, drift, destroy, outputs, import.

Each call holds the stack's lock, and those that change something first repair what a killed update
left (`cli/workspace.py`). Errors name the next step (`cli/failures.py`).
"""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import automation

from cli import locks
from cli.failures import ProtectedError
from cli.workspace import Workspace
from rendering.recorder import SECRET_SHOWN
from settings.loader import Settings

OnEvent = Callable[[automation.EngineEvent], None]
_UNCHANGED = ("same", "read", "refresh")
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class EngineResult:
    """How an operation of the engine ended."""

    changes: Mapping[str, int] = field(default_factory=dict[str, int])
    """Resources by what happened to them: create, update, delete, same …"""
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The stack's outputs that are no secrets."""
    unknown: Sequence[str] = ()
    """URNs that a killed update was creating in a cloud: nobody knows whether they are there."""

    @property
    def changed(self) -> bool:
        """Whether anything but `same` happened."""
        return any(count for change, count in self.changes.items() if change not in _UNCHANGED)


class EngineStack:
    """One stack in the engine's hands."""

    def __init__(
        self,
        settings: Settings,
        command: automation.PulumiCommand,
        kubeconfig: str | None,
        *,
        adopt: bool = False,
        patience_seconds: float = locks.PATIENCE_SECONDS,
    ) -> None:
        """Name the stack; nothing is asked of the engine before the first call."""
        self._at = Workspace(
            settings, command, kubeconfig, adopt=adopt, patience_seconds=patience_seconds
        )

    def preview(self, on_event: OnEvent, *, save_plan: Path | None = None) -> EngineResult:
        """What an update would do; optionally kept as a plan that an update may be held to."""
        plan = str(save_plan.absolute()) if save_plan else None
        with self._at.opened() as stack:
            refresh = self._at.may_have_lost_its_cluster()
            seen = self._at.said(
                lambda: stack.preview(**self._common(on_event), plan=plan, refresh=refresh)
            )
        return EngineResult(changes=_counted(seen.change_summary))

    def up(self, on_event: OnEvent, *, plan: Path | None = None) -> EngineResult:
        """Bring the stack to what the program says; with a plan, to no more than it holds."""
        held_to = str(plan.absolute()) if plan else None
        with self._at.opened() as stack:
            unknown = self._at.repair()
            result = self._at.said(
                lambda: stack.up(**self._changing(on_event, refresh=True), plan=held_to)
            )
        outputs = {key: output.value for key, output in result.outputs.items() if not output.secret}
        return EngineResult(changes=_counts(result.summary), outputs=outputs, unknown=unknown)

    def refresh(self, on_event: OnEvent) -> EngineResult:
        """Bring the state to what the cloud and the cluster hold; changes nothing out there."""
        with self._at.opened() as stack:
            unknown = self._at.repair()
            result = self._at.said(lambda: stack.refresh(**self._changing(on_event)))
        return EngineResult(changes=_counts(result.summary), unknown=unknown)

    def drift(self, on_event: OnEvent) -> EngineResult:
        """What a refresh would find: what others changed since the last update."""
        with self._at.opened() as stack:
            seen = self._at.said(lambda: stack.preview_refresh(**self._common(on_event)))
        return EngineResult(changes=_counted(seen.change_summary))

    def destroy(self, on_event: OnEvent) -> EngineResult:
        """Delete everything of the stack; its history stays."""
        with self._at.opened() as stack:
            unknown = self._at.repair()
            _refuse_protected(self._at.stack, self._at.deployment())
            result = self._at.said(lambda: stack.destroy(**self._changing(on_event, refresh=True)))
        return EngineResult(changes=_counts(result.summary), unknown=unknown)

    def outputs(self, *, show_secrets: bool = False) -> Mapping[str, Any]:
        """The stack's outputs; a secret is hidden unless it is asked for."""
        with self._at.opened(alone=False) as stack:
            found = self._at.said(stack.outputs)
        return {
            key: output.value if show_secrets or not output.secret else SECRET_SHOWN
            for key, output in sorted(found.items())
        }

    def deployment(self) -> Mapping[str, Any]:
        """The stack's state as the engine keeps it; secrets stay encrypted."""
        with self._at.opened(alone=False):
            return self._at.deployment()

    def importable(self, on_event: OnEvent) -> Mapping[str, Any]:
        """What the next update would create, in the engine's own form of a list of imports."""
        with self._at.opened() as stack, tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "imports.json"
            self._at.said(lambda: stack.preview(**self._common(on_event), import_file=str(file)))
            return json.loads(file.read_text())

    def import_(self, wanted: Mapping[str, Any]) -> Sequence[str]:
        """Take what exists into the state, in the engine's own form of a list of imports."""
        with self._at.opened(), tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            unknown = self._at.repair()
            json.dump(wanted, file)
            file.flush()
            options = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"]
            self._at.configured("import", "--file", file.name, *options)
        return unknown

    def _changing(self, on_event: OnEvent, *, refresh: bool = False) -> dict[str, Any]:
        # With secrets shown the history is read, and a new salt lands in the project's file.
        lost = {"refresh": self._at.may_have_lost_its_cluster()} if refresh else {}
        return {**self._common(on_event), "show_secrets": False, **lost}

    def _common(self, on_event: OnEvent) -> dict[str, Any]:
        return {
            "config_file": self._at.config_file,
            "on_event": on_event,
            "color": "never",
            "suppress_progress": True,
        }


def _refuse_protected(stack: str, deployment: Mapping[str, Any]) -> None:
    """Refuse before anything is gone: the engine would find out in the middle."""
    resources: Sequence[Mapping[str, Any]] = deployment.get("resources") or []
    held = [str(each["urn"]) for each in resources if each.get("protect")]
    if not held:
        return
    shown = "\n  ".join(held[:_SHOWN]) + (
        f"\n  and {len(held) - _SHOWN} more" if held[_SHOWN:] else ""
    )
    raise ProtectedError(
        f"{stack} holds {len(held)} protected resources, so nothing was deleted:\n  {shown}\n"
        f"  next: once their data is safe elsewhere: pulumi state unprotect URN --stack {stack} "
        "(or --all), then the same command"
    )


def _counts(summary: automation.UpdateSummary) -> dict[str, int]:
    return _counted(summary.resource_changes or {})


def _counted(changes: Mapping[Any, int]) -> dict[str, int]:
    return {str(getattr(change, "value", change)): count for change, count in changes.items()}
