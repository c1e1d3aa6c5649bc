"""How plan and render grow with the services, and what nine stacks cost in one process.

All on copies of the project (`projects.py`). What is compared is CPU, which other work on the
machine hardly changes: the cost of a further service, from one to three and from three to ten times
the services. Where the two are alike, the cost is linear.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cases import Case
from bench.measure import Run, run
from bench.projects import command, nine_stacks, project
from settings.loader import load_all, load_catalog, stack_names

SCALES = (1, 3, 10)
ALL = "all"
EVERYBODY_S = "catalog/variables.yaml"
"""A file that every stack reads."""
ONE_OF_NINE = "staging"
ONE = "mpk plan, 1 stack, its file changed"
NINE_OF_ONE = "mpk plan, 9 stacks, one's file changed"
NINE = "mpk plan, 9 stacks, the catalogue changed"
EACH = "mpk plan {}, the catalogue changed"
"""One of the nine alone, after the same change."""
_RENDER_ALL = """
import sys
from pathlib import Path
from rendering.manifest import manifests, write_manifests
from rendering.recorder import record
from settings.loader import load_all
for name, settings in load_all(sys.argv[2:]).items():
    write_manifests(manifests(record(settings)), Path(sys.argv[1]) / name)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """The CPU seconds of one command at each scale, and whether they grow in proportion."""

    cpu_seconds: tuple[float, ...]
    per_service: tuple[float, ...]
    """CPU seconds of each further service, between one scale and the next."""

    @property
    def linearity(self) -> float:
        """The last cost of a service over the first; 1 is linear."""
        return self.per_service[-1] / self.per_service[0]


def stacks_that_grow() -> list[str]:
    """Those that may have ten times the services: a cloud's database takes no so many (ENV-13)."""
    loaded = load_all(stack_names())
    return [name for name, settings in loaded.items() if settings.stack.cloud is None]


def growth_cases(folder: Path, environment: Mapping[str, str], stacks: Sequence[str]) -> list[Case]:
    """Render and plan, each stack and then all in one process, at each scale."""
    found: list[Case] = []
    for times in SCALES:
        root = project(folder / f"times-{times}", times)
        _change(root / EVERYBODY_S)  # else a plan has nothing to record
        # There is no first round that would compile it, and the SDKs.
        run([sys.executable, "-m", "compileall", "-q", "."], environment, root)
        run(command("plan", stacks[0]), environment, root)
        output = folder / f"rendered-{times}"
        for stack in stacks:
            render = command("render", stack, "-o", str(output / stack))
            found.append(_case(f"render {stack}", times, render, root, environment))
            found.append(_case(f"plan {stack}", times, command("plan", stack), root, environment))
        together = [sys.executable, "-c", _RENDER_ALL, str(output / ALL), *stacks]
        found.append(_case(f"render {ALL}", times, together, root, environment))
        plan = command("plan", *stacks)
        found.append(_case(f"plan {ALL}", times, plan, root, environment))
    return found


def nine_cases(folder: Path, environment: Mapping[str, str]) -> list[Case]:
    """One stack and nine against HEAD, by one process, where one or all must be recorded."""
    names, further = nine_stacks()
    one, every = (project(folder / name, stacks=further) for name in ("one", "every"))
    _change(one / f"Pulumi.{ONE_OF_NINE}.yaml")
    _change(every / EVERYBODY_S)
    cases = [
        (ONE, one, [ONE_OF_NINE]), (NINE_OF_ONE, one, names), (NINE, every, names),
        *((EACH.format(name), every, [name]) for name in names),
    ]  # fmt: skip
    return [
        Case(name=name, command=command("plan", *stacks), folder=root, environment=environment)
        for name, root, stacks in cases
    ]


def _change(path: Path) -> None:
    path.write_text(path.read_text() + "# changed since HEAD\n")


def growths(cpu_seconds: Mapping[str, float]) -> dict[str, Growth]:
    """From the CPU seconds of each case the growth of each command that was measured throughout."""
    services = len(load_catalog().services)
    begun = [name.removesuffix(_scale(1)) for name in cpu_seconds if name.endswith(_scale(1))]
    commands = [
        name for name in begun if all(name + _scale(times) in cpu_seconds for times in SCALES)
    ]
    return {
        name: growth([cpu_seconds[name + _scale(times)] for times in SCALES], services)
        for name in commands
    }


def growth(cpu_seconds: Sequence[float], services: int) -> Growth:
    """The growth of one command whose product has so many services."""
    steps = zip(SCALES, SCALES[1:], cpu_seconds, cpu_seconds[1:], strict=False)
    return Growth(
        cpu_seconds=tuple(cpu_seconds),
        per_service=tuple(
            (after - before) / ((more - fewer) * services)
            for fewer, more, before, after in steps
        ),
    )  # fmt: skip


def nine_over_one(found: Mapping[str, Sequence[Run]]) -> dict[str, float]:
    """The CPU of nine stacks over that of one, the least of each: noise only adds.

    Which one is said with each: a stack in a cloud costs more than one that imports no cloud's SDK.
    """
    least = {name: min(run.cpu_seconds for run in runs) for name, runs in found.items()}
    before, after = EACH.split("{}")
    each = {
        name.removeprefix(before).removesuffix(after): seconds
        for name, seconds in least.items()
        if name.endswith(after) and name != NINE
    }
    cheapest, dearest = min(each, key=each.__getitem__), max(each, key=each.__getitem__)
    nine = least[NINE]
    return {
        f"{NINE_OF_ONE} / {ONE_OF_NINE}, its file changed": least[NINE_OF_ONE] / least[ONE],
        f"{NINE} / the mean of the nine alone": nine / (sum(each.values()) / len(each)),
        f"{NINE} / the cheapest ({cheapest})": nine / each[cheapest],
        f"{NINE} / the dearest ({dearest})": nine / each[dearest],
    }


def _case(
    name: str, times: int, words: list[str], root: Path, environment: Mapping[str, str]
) -> Case:
    named = f"mpk {name}{_scale(times)}"
    return Case(name=named, command=words, folder=root, environment=environment)


def _scale(times: int) -> str:
    return f", {times}x services"
