"""The workflows as data, and the programs that judge them: `make workflows`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from localcluster import programs
from settings.loader import ROOT

FOLDER = ROOT / ".github/workflows"
ACTIONS = ROOT / ".github/actions"


def judged(folder: Path = FOLDER) -> list[str]:
    """What actionlint and zizmor say; empty where they have nothing to say."""
    actionlint = programs.ensure(["actionlint"], programs.quiet)["actionlint"]
    files = [str(path) for path in sorted(folder.glob("*.yml"))]
    own = [str(path) for path in sorted(ACTIONS.glob("*/action.yml"))] if folder == FOLDER else []
    zizmor = Path(sys.executable).with_name("zizmor")
    commands = [
        [actionlint, "-no-color", "-shellcheck=", "-pyflakes=", *files],
        [zizmor, "--offline", "--persona=pedantic", "--no-progress", "--quiet", *files, *own],
    ]
    quiet = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "GH_", "ZIZMOR_"))}
    done = [
        subprocess.run(each, capture_output=True, text=True, check=False, cwd=ROOT, env=quiet)
        for each in commands
    ]
    return [each.stdout + each.stderr for each in done if each.returncode]


def workflows(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every workflow by its file's name; `on` is text, not YAML 1.1's true."""
    return {
        path.name: yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
        for path in sorted(folder.glob("*.yml"))
    }


def jobs(folder: Path = FOLDER) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every job: where it stands, its workflow, itself."""
    for name, workflow in workflows(folder).items():
        for job, content in workflow["jobs"].items():
            yield f"{name}: {job}", workflow, content


def steps(folder: Path = FOLDER) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step with where it stands, those of our own actions too."""
    for place, _, job in jobs(folder):
        for number, step in enumerate(job.get("steps", [])):
            yield f"{place}, step {number + 1}", step
    for path in sorted(ACTIONS.glob("*/action.yml")):
        own = yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
        for number, step in enumerate(own["runs"]["steps"]):
            yield f"{path.parent.name}, step {number + 1}", step


if __name__ == "__main__":
    found = judged()
    sys.stdout.write("\n".join(found) or "actionlint and zizmor have nothing to say\n")
    sys.exit(bool(found))
