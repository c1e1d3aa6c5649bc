"""The rows of a pull request's comment: one line each, so that what does not fit is left out whole.

What is dangerous is told once for all the stacks that it happens in alike.
"""

from collections.abc import Iterable, Sequence

from rendering.plan import Plan
from rendering.plan_groups import Group, groups
from rendering.plan_text import code, escaped

_NAMES = 24
"""Names that a row shows; the others are counted."""
HEAD = ("| what | of | field | old | new |", "|---|---|---|---|---|")
DANGEROUS_HEAD = ("| stacks | what | of | field | old | new |", "|---|---|---|---|---|---|")


def rows(plan: Plan) -> list[str]:
    """What is not dangerous in a stack."""
    return [row for group in groups(plan) if not group.dangerous for row in _rows(group)]


def dangerous_rows(plans: Iterable[Plan]) -> list[str]:
    """What is dangerous in all stacks, in the order of dangers."""
    alike: dict[tuple[str, ...], tuple[Group, list[str]]] = {}
    for plan in plans:
        for group in groups(plan):
            if group.dangerous:
                key = (str(int(group.rank)), *_rows(group))
                alike.setdefault(key, (group, []))[1].append(plan.stack)
    found = sorted(alike.values(), key=lambda each: (each[0].rank, each[0].action))
    return [
        f"| {escaped(', '.join(stacks)) if number == 0 else ''} {row}"
        for group, stacks in found
        for number, row in enumerate(_rows(group))
    ]


def taken(lines: Sequence[str], room: int) -> tuple[list[str], int]:
    """The first lines that fit, and the room that they leave."""
    kept: list[str] = []
    for line in lines:
        if len(line) + 1 > room:
            break
        kept.append(line)
        room -= len(line) + 1
    return kept, room


def _rows(group: Group) -> list[str]:
    what = escaped(group.action + (f" ({group.danger})" if group.danger else ""))
    who = "<br>".join(map(_who, group.who))
    if not group.fields:
        return [f"| {what} | {who} | | | |"]
    lines: list[str] = []
    for number, field in enumerate(group.fields):
        old, new = (field.old, "changed") if field.opaque else (field.old, field.new)
        head = f"| {what} | {who} |" if number == 0 else "| | 〃 |"
        lines.append(f"{head} {code(field.path)} | {code(old)} | {code(new)} |")
    return lines


def _who(line: str) -> str:
    counted, _, listed = line.partition(": ")
    names = listed.split(", ")
    told = f"{counted}: {', '.join(names[:_NAMES])}"
    told += f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    # A name with an at sign would call somebody.
    return code(told) if "@" in told else escaped(told)
