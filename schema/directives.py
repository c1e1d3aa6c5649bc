"""What a migration file says of itself, in comments at its head.

    -- mpk:class contract
    -- mpk:step drop-column devices.note 3/3
    -- mpk:waive R-MIG-4 until 2027-01-31: the table has forty rows in every region

Only the comment lines before the first statement count. A waiver covers its rule in its file, needs
a reason, and ends: from the day after it the finding is back, and the waiver itself is one.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = re.compile(r"\s*--\s*mpk:\s*(?P<word>[\w-]*)\s*(?P<rest>.*?)\s*$")
_WAIVE = re.compile(r"(?P<rule>\S+) until (?P<until>\d{4}-\d{2}-\d{2}): *(?P<reason>\S.*)")
_STEP = re.compile(r"(?P<change>[a-z-]+) (?P<target>\S+) (?P<number>\d)/(?P<of>\d)")
FORMS = {
    "class": "-- mpk:class expand|migrate|contract|irreversible",
    "step": "-- mpk:step drop-column TABLE.COLUMN 2/3",
    "waive": "-- mpk:waive RULE until YYYY-MM-DD: reason",
}
CLASSES = ("expand", "migrate", "contract", "irreversible")


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """One rule that a file may break until a day, with the reason."""

    rule: str
    until: datetime.date
    reason: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Which release of a change that takes several: release `number` of `of`."""

    change: str
    target: str
    number: int
    of: int
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The directives at the head of a file."""

    kind: str | None = None
    """The class that the file states."""
    kind_line: int = 1
    step: Step | None = None
    waivers: tuple[Waiver, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()
    """Line and fault of each directive that says nothing."""


def read_header(text: str) -> Header:
    """The directives of a file; what is written wrongly is kept as a fault."""
    lines = text.splitlines()
    end = _head_length(lines)
    kind, kind_line, step, waivers = None, 1, None, list[Waiver]()
    faults = [(n, "stands after the first statement, where it is not read") for n in _late(lines)]
    for number, word, rest in _marks(lines[:end]):
        waiver, read_step = _waiver(rest, number), _step(rest, number)
        if word == "class" and rest in CLASSES and kind is None:
            kind, kind_line = rest, number
        elif word == "step" and read_step and step is None:
            step = read_step
        elif word == "waive" and waiver:
            waivers.append(waiver)
        else:
            faults.append((number, _fault(word, rest)))
    return Header(
        kind=kind,
        kind_line=kind_line,
        step=step,
        waivers=tuple(waivers),
        faults=tuple(sorted(faults)),
    )


def _head_length(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("--"):
            return number
    return len(lines)


def _late(lines: list[str]) -> Iterator[int]:
    end = _head_length(lines)
    return (end + number for number, _, _ in _marks(lines[end:]))


def _marks(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(lines, 1):
        if found := _MARK.match(line):
            yield number, found["word"], found["rest"]


def _waiver(rest: str, line: int) -> Waiver | None:
    if not (found := _WAIVE.fullmatch(rest)):
        return None
    try:
        until = datetime.date.fromisoformat(found["until"])
    except ValueError:
        return None
    return Waiver(rule=found["rule"], until=until, reason=found["reason"], line=line)


def _step(rest: str, line: int) -> Step | None:
    found = _STEP.fullmatch(rest)
    if not found or not 1 <= int(found["number"]) <= int(found["of"]):
        return None
    return Step(
        change=found["change"],
        target=found["target"],
        number=int(found["number"]),
        of=int(found["of"]),
        line=line,
    )


def _fault(word: str, rest: str) -> str:
    if word not in FORMS:
        return f"{word!r} is no directive; allowed: {', '.join(FORMS)}"
    return f"{rest!r} is not understood, or said twice; write {FORMS[word]}"
