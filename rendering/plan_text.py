"""A plan for readers: text for a terminal, Markdown for a pull request, plain data for programs."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from rendering.differences import ABSENT, dotted
from rendering.plan import Action, Affected, Change, Plan
from rendering.plan_groups import Field, Group, groups, plain

_LONGEST = 120
_ACTIONS: tuple[Action, ...] = ("delete", "replace", "change", "create")
_SIGNS = {"delete": "-", "replace": "!", "change": "~", "create": "+"}
_NO_CHANGE = "no change"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")


def as_text(plan: Plan) -> str:
    """Lines for a terminal, the dangerous first."""
    lines = [f"stack {plan.stack} against {plan.against}: {summary(plan)}"]
    found = groups(plan)
    for title, part in _parts(found):
        lines += ["", title]
        for group in part:
            lines += _group_lines(group)
    if plan.monthly and any(plan.monthly):
        lines += ["", cost(plan.monthly)]
    if plan.cannot_know:
        lines += ["", "what this plan cannot know"]
        lines += [f"  {sentence}" for sentence in plan.cannot_know]
    return "\n".join(lines) + "\n"


def as_markdown(plan: Plan) -> str:
    """A section with a table per part; fits a comment on a pull request."""
    lines = [f"## Stack {escaped(plan.stack)} against {escaped(plan.against)}", "", summary(plan)]
    for title, part in _parts(groups(plan)):
        lines += ["", f"### {title.capitalize()}", ""]
        lines += ["| what | of | field | old | new |", "|---|---|---|---|---|"]
        for group in part:
            lines += _rows(group)
    if plan.monthly and any(plan.monthly):
        lines += ["", escaped(cost(plan.monthly))]
    if plan.cannot_know:
        lines += ["", "### What this plan cannot know", ""]
        lines += [f"- {escaped(sentence)}" for sentence in plan.cannot_know]
    return "\n".join(lines) + "\n"


def as_dict(plan: Plan) -> dict[str, Any]:
    """Plain data: every object with every field, and the groups as people see them."""
    return {
        "stack": plan.stack,
        "against": plan.against,
        "summary": {action: plan.count(action) for action in _ACTIONS},
        "objects": [_object(each) for each in plan.affected],
        "groups": [_group(group) for group in groups(plan)],
        "cannot_know": list(plan.cannot_know),
        "monthly_usd": list(plan.monthly) if plan.monthly else None,
    }


def cost(monthly: tuple[float, float]) -> str:
    """What the stack costs by list prices, and by how much that changes."""
    before, after = monthly
    change = f"{after - before:+,.2f}" if after != before else "no change"
    return f"cost: {after:,.2f} USD a month by list prices ({change})"


def summary(plan: Plan) -> str:
    """How many objects, by what would happen to them."""
    counts = [(plan.count(action), action) for action in _ACTIONS]
    told = ", ".join(f"{count} to {action}" for count, action in counts if count)
    dangerous = sum(each.dangerous for each in plan.affected)
    return (told or _NO_CHANGE) + (f" ({dangerous} dangerous)" if dangerous else "")


def _parts(found: Sequence[Group]) -> Iterable[tuple[str, list[Group]]]:
    parts = [
        ("dangerous", [group for group in found if group.dangerous]),
        ("the rest", [group for group in found if not group.dangerous]),
    ]
    return [(title, part) for title, part in parts if part]


def _group_lines(group: Group) -> list[str]:
    why = f"  [{group.danger}]" if group.danger else ""
    first, *more = group.who
    lines = [f"{_SIGNS[group.action]} {group.action} {first}{why if not more else ''}"]
    lines += [f"  {' ' * len(group.action)} {line}" for line in more[:-1]]
    lines += [f"  {' ' * len(group.action)} {line}{why}" for line in more[-1:]]
    return [*lines, *(f"    {_field(field)}" for field in group.fields)]


def _field(field: Field) -> str:
    if field.opaque:
        return f"{field.path}: {field.old} changed"
    return f"{field.path}: {_cut(field.old)} → {_cut(field.new)}"


def _rows(group: Group) -> list[str]:
    what = escaped(group.action + (f" ({group.danger})" if group.danger else ""))
    who = "<br>".join(map(escaped, group.who))
    if not group.fields:
        return [f"| {what} | {who} | | | |"]
    rows: list[str] = []
    for number, field in enumerate(group.fields):
        old, new = (field.old, "changed") if field.opaque else (field.old, field.new)
        head = f"| {what} | {who} |" if number == 0 else "| | 〃 |"
        rows.append(f"{head} {code(field.path)} | {code(old)} | {code(new)} |")
    return rows


def _object(each: Affected) -> dict[str, Any]:
    return {
        "action": each.action,
        "kind": each.kind,
        "namespace": each.namespace,
        "name": each.name,
        "of": each.subject,
        "danger": each.danger,
        "dangerous": each.dangerous,
        "renamed_from": each.renamed_from,
        "changes": [_change(change) for change in each.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    """A field that is not there has no key `old` or `new`; null is a value."""
    sides = {"old": change.old, "new": change.new}
    there = {side: plain(value) for side, value in sides.items() if value is not ABSENT}
    return {"path": dotted(change.path), "danger": change.danger, **there}


def _group(group: Group) -> dict[str, Any]:
    return {
        "action": group.action,
        "danger": group.danger,
        "dangerous": group.dangerous,
        "count": len(group.members),
        "names": [member.name for member in group.members],
        "fields": [{"path": f.path, "old": f.old, "new": f.new} for f in group.fields],
    }


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def escaped(text: str) -> str:
    """Text that Markdown takes for text."""
    return _SPECIAL.sub(r"\\\1", text)


def code(text: str) -> str:
    """A code span in a table's cell: the fence longer than any run of backticks inside."""
    shown = _cut(text).replace("|", "\\|")
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence, space = "`" * (longest + 1), " " if longest or not shown.strip() else ""
    return f"{fence}{space}{shown}{space}{fence}"
