"""A copy of the project with a program and stacks of a test's own, and `mpk` in it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from settings.loader import ROOT
from tests.engine.standins.cluster import commands
from tests.engine.standins.server import VARIABLE

MINUTES = 60
_LINKED = (".venv", "cli", "components", "rendering", "operations", "localcluster", "schema",
           "drill", "rehearsal")  # fmt: skip
_MPK = "import sys; sys.argv[0] = 'mpk'; from cli.app import main; main()"


@dataclass
class EngineProject:
    """Where `mpk` runs, with a state and a Pulumi home of its own."""

    root: Path
    providers: str
    environment: dict[str, str] = field(init=False)

    def __post_init__(self):
        self.root.mkdir()
        for name in _LINKED:
            (self.root / name).symlink_to(ROOT / name)
        for name in ("settings", "catalog"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pyc*"))
        shutil.copy(ROOT / "Pulumi.yaml", self.root)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "KUBECONFIG"))},
            VARIABLE: self.providers,
            "PATH": f"{commands(self.root / 'bin')}:{os.environ['PATH']}",
            "MANPASIK_STATE": str(self.root / "state"),
            "PULUMI_HOME": str(self.root / "home"),
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        }

    def write(self, program: Path, stacks: dict[str, dict]):
        """The program and its stacks, in place of the product's."""
        shutil.copy(program, self.root / "__main__.py")
        for name, value in stacks.items():
            config = {"pulumi:disable-default-providers": ["*"], "manpasik:stack": value}
            (self.root / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))

    def begin(self, *arguments: str) -> subprocess.Popen:
        """Start `mpk` as the head of a group of processes of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", _MPK, *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def mpk(self, *arguments: str, code: int = 0) -> str:
        """Run `mpk` to its end; what it wrote to both outputs."""
        with self.begin(*arguments) as process:
            try:
                out, err = process.communicate(timeout=15 * MINUTES)
            finally:
                kill(process)
        assert process.returncode == code, f"{process.returncode}: {err[-3000:]}\n{out[-2000:]}"
        return out + err

    def json(self, *arguments: str, code: int = 0):
        """Run `mpk … --json`; what it found."""
        told = self.mpk(*arguments, "--json", code=code)
        return json.JSONDecoder().raw_decode(told)[0]


def kill(process: subprocess.Popen) -> None:
    """SIGKILL to `mpk`, the engine and what it started."""
    if process.poll() is None or process.returncode != 0:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
    process.wait()
