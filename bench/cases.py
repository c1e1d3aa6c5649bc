"""What is measured, and the cluster that the last of it needs."""

import contextlib
import json
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Run, RunFailedError, run

MPK = str(Path(sys.executable).with_name("mpk"))
LIFETIME_SECONDS = 1800
"""The cluster ends by itself after that, should this process be killed."""
FLOOR = "floor: import the SDKs"


def _anything(_run: Run) -> None:
    """Accept the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One row of the table."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path | None = None
    """Where it starts; absent: here."""
    accept: Callable[[Run], None] = _anything
    """Raises where a run did something else than it is measured for."""


def own_environment(folder: Path) -> dict[str, str]:
    """A state of its own, and bytecode that the first round writes.

    Without it, the figures would tell whether somebody ran the program before, and half of the
    floor would be the compiler's.
    """
    return {
        "MANPASIK_STATE": str(folder / "state"),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",
    }


def without_cluster(folder: Path) -> list[Case]:
    """The cases that need nothing but the checkout; their files go into the folder."""
    environment = own_environment(folder)
    renders = [
        Case(
            name=f"mpk render {stack}",
            command=[MPK, "render", stack, "-o", str(folder / stack)],
            environment=environment,
        )
        for stack in ("local", "dev")
    ]
    floor = Case(
        name=FLOOR,
        command=[sys.executable, "-c", "import pulumi, pulumi_kubernetes"],
        environment=environment,
    )
    check = Case(name="mpk check", command=[MPK, "check"], environment=environment)
    return [floor, check, *renders]


@contextlib.contextmanager
def deployed(folder: Path) -> Generator[Case]:
    """`mpk up local` on a cluster that holds it already; the cluster is taken down afterwards."""
    environment = own_environment(folder)
    up = [MPK, "up", "local", "--engine", "none", "--json"]
    try:
        run([MPK, "local", "up", "--lifetime", str(LIFETIME_SECONDS)], environment)
        run(up, environment)
        yield Case(
            name="mpk up local, nothing to change",
            command=up,
            environment=environment,
            accept=_refuse_change,
        )
    finally:
        run([MPK, "local", "down"], environment)


def _refuse_change(measured: Run) -> None:
    if json.loads(measured.output)["changed"]:
        raise RunFailedError("a second `mpk up local` changed something; that is a bug, not a cost")
