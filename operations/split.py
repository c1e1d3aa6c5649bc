"""Services at different versions that should be at one, and the commands that bring them together.

A release that was killed between two services leaves each of them whole and the product divided
(acceptance 9 of the releases). Two versions that were never tried together answer then, so whoever
asks is told which service runs what, and the way forward and the way back.
"""

from collections.abc import Iterable, Mapping, Sequence

from operations.records import Record

SHOWN = 4
"""Services of one version that are named; of more the first ones and their number."""

Versions = Mapping[str, Sequence[str]]
"""Services by the version that they run."""


def split(running: Mapping[str, str], declared: Mapping[str, str]) -> Versions:
    """Which versions run where one was meant: of the services that the stack's file says alike.

    Empty where there is no difference. A service that its file gives a version of its own is meant
    to differ.
    """
    found: dict[str, list[str]] = {}
    for wanted in dict.fromkeys(declared[name] for name in running):
        alike = [name for name in running if declared[name] == wanted]
        if len({running[name] for name in alike}) > 1:
            for name in alike:
                found.setdefault(running[name], []).append(name)
    return found


def told(versions: Versions) -> str:
    """`v2.0.0: gateway; v1.0.0: auth-service`."""
    return "; ".join(f"{version}: {_named(names)}" for version, names in sorted(versions.items()))


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def forward(record: Record, stack: str, every: Iterable[str]) -> list[str]:
    """The commands that finish what a record began."""
    if record.action == "release":
        whole = record.services.keys() >= set(every)
        chosen = "" if whole else "".join(f" --service {name}" for name in sorted(record.services))
        return [f"mpk release {record.version} --stack {stack}{chosen}"]
    targets: dict[str, list[str]] = {}
    for name, change in sorted(record.services.items()):
        targets.setdefault(change.after, []).append(name)
    return [
        f"mpk rollback {' '.join(names)} --to {version} --stack {stack}"
        for version, names in targets.items()
    ]


def back(stack: str) -> str:
    """The command that undoes what a release has done so far."""
    return f"mpk rollback --all --stack {stack}"


def interrupted(record: Record) -> str:
    """Which command ended without a word, and where."""
    stage = record.stages[-1].name if record.stages else "start"
    return (
        f"the {record.action} of {record.version} begun {record.started} by {record.by} was "
        f"interrupted in its stage `{stage}`"
    )


def left(killed: Record, running: Mapping[str, str]) -> str:
    """What a killed release had left, for whoever reads the record of the one after it."""
    versions: dict[str, list[str]] = {}
    for name, version in running.items():
        versions.setdefault(version, []).append(name)
    return f"{interrupted(killed)}; found {told(versions)}"
