"""The product's own program in a project of a test's, with stacks whose secrets the engine holds.

Few services: the file backend writes a stack's whole state at each step, and without checkpoints
once. No test here kills an engine, which is what checkpoints are for (test_fleet_engine.py does).
"""

import shutil
import subprocess
from typing import Any

import yaml

from rendering.recorder import RECORDING_SEED
from settings.loader import ROOT, STACK_KEY, load, load_catalog
from settings.secrets import stand_ins
from settings.variables import required_secrets
from tests.engine.standins.project import EngineProject

KEPT = {"gateway", "auth-service"}
FEW = {name: {"enabled": False} for name in load_catalog().services if name not in KEPT}


def write(project: EngineProject, given: dict[str, dict[str, Any]]) -> None:
    """The product's own program with these stacks, their secrets encrypted by the engine."""
    project.write(ROOT / "__main__.py", given)
    backend = project.root / "backend"
    backend.mkdir()
    project.environment |= {"PULUMI_BACKEND_URL": f"file://{backend}",
                            "PULUMI_CONFIG_PASSPHRASE": "a test's own",
                            "PULUMI_SKIP_CHECKPOINTS": "true"}  # fmt: skip
    for name, value in given.items():
        # Those of the next phase too, where a stack grows into it.
        grown = load(name, {**value, "phase": max(value["phase"], 3)})
        secrets = stand_ins(grown, required_secrets(grown), RECORDING_SEED)
        held = [f"manpasik:secrets.{key}={text}" for key, text in secrets.items()]
        wanted = [part for each in held for part in ("--secret", each)]
        pulumi(project, "stack", "init", name)
        if wanted:
            seed = ("--secret", f"manpasik:seed={RECORDING_SEED}")
            pulumi(project, "config", "set-all", "--stack", name, "--path", *wanted, *seed)


def pulumi(project: EngineProject, *arguments: str) -> None:
    """The engine's own command, for what `mpk` leaves to it."""
    done = subprocess.run(
        [shutil.which("pulumi"), *arguments, "--non-interactive"],
        cwd=project.root, env=project.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def rewrite(project: EngineProject, stack: str, **values: Any) -> None:
    """Other values in a stack's file."""
    path = project.root / f"Pulumi.{stack}.yaml"
    content = yaml.safe_load(path.read_text())
    content["config"][STACK_KEY].update(values)
    path.write_text(yaml.safe_dump(content))


def changed(found: Any) -> set[str]:
    """The stacks of a report that something changed in."""
    return {each["stack"] for each in found.get("stacks", [found]) if each["changed"]}
