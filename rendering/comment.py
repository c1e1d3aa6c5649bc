"""One comment for a pull request: what it would do to every stack, the dangerous first.

GitHub takes 65,536 characters. What does not fit is counted where it is missing and stands whole in
the files beside the comment; no line is ever cut in its middle (P-6). The same two commits give the
same bytes, so a comment that is updated in place changes only when the changes do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rendering.comment_rows import DANGEROUS_HEAD, HEAD, dangerous_rows, rows, taken
from rendering.plan import Plan
from rendering.plan_text import escaped, summary
from settings.capacity_report import Report, verdict

MARKER = "<!-- manpasik: what this pull request would deploy -->"
"""The first line, by which the comment is found again."""
LIMIT = 65_536
_KEPT_FREE = 2_000
"""For what the publisher says above the comment."""
_PROBLEM = 4_000
_UNTOLD = "files beside this comment: `plans.md`, and `plans.json` with every value in full"


@dataclass(frozen=True, kw_only=True)
class StackChange:
    """What would happen to one stack."""

    stack: str
    plan: Plan | None
    """None where one of the two sides is not sound."""
    problem: str = ""
    capacity: tuple[Report | None, Report | None] = (None, None)
    """Before and after."""

    @property
    def dangerous(self) -> int:
        """How many objects are in danger."""
        return sum(each.dangerous for each in self.plan.affected) if self.plan else 0


@dataclass(frozen=True)
class Comment:
    """The text, and how many rows only the files beside it hold."""

    text: str
    untold: int


def comment(changes: Sequence[StackChange], *, base: str, limit: int = LIMIT) -> Comment:
    """The comment on a change from that base."""
    ordered = sorted(changes, key=lambda each: (-bool(each.problem), -each.dangerous, each.stack))
    head = [MARKER, "## What this pull request would deploy", "", _first(ordered, base), ""]
    head += [*_overview(ordered), *_problems(ordered), *_nodes(ordered)]
    foot = _foot(ordered)
    dangerous = dangerous_rows([each.plan for each in ordered if each.plan])
    parts = {each.stack: rows(each.plan) for each in ordered if each.plan and each.plan.affected}
    frames = sum(len("\n".join(_folded(each, [], 10**6))) for each in ordered)
    room = limit - _KEPT_FREE - frames - sum(len(line) + 1 for line in [*head, *foot])
    first, room = taken(dangerous, room - 500)
    lines = [*head, *_danger(first, len(dangerous) - len(first))]
    fits = _shared(parts, room)
    for each in ordered:
        part = parts.get(each.stack, [])
        kept = fits.get(each.stack, [])
        lines += _folded(each, kept, len(part) - len(kept)) if part else []
    untold = len(dangerous) - len(first) + sum(len(parts[s]) - len(fits[s]) for s in parts)
    return Comment("\n".join([*lines, *foot]) + "\n", untold)


def _shared(parts: Mapping[str, Sequence[str]], room: int) -> dict[str, list[str]]:
    """The rows of each stack that fit; what a short one leaves goes to the longer ones."""
    fits: dict[str, list[str]] = {}
    by_size = sorted(parts, key=lambda stack: (sum(map(len, parts[stack])), stack))
    for number, stack in enumerate(by_size):
        share = room // (len(by_size) - number)
        fits[stack], left = taken(parts[stack], share)
        room -= share - left
    return fits


def _first(changes: Sequence[StackChange], base: str) -> str:
    changed = [each for each in changes if each.plan and not each.plan.empty]
    dangerous = sum(each.dangerous for each in changes)
    told = (
        f"{len(changed)} of {len(changes)} stacks would change" if changed else "No stack changes"
    )
    if dangerous:
        told = f"**{dangerous} dangerous changes.** {told}"
    if any(each.problem for each in changes):
        told = f"**Not every stack is sound.** {told}"
    return f"{told}, against {escaped(base)}. Recorded: no cluster, cloud or credential was used."


def _overview(changes: Sequence[StackChange]) -> list[str]:
    columns = (
        "stack",
        "delete",
        "replace",
        "change",
        "create",
        "dangerous",
        "USD a month",
        "nodes",
    )
    lines = [f"| {' | '.join(columns)} |", "|---|--:|--:|--:|--:|--:|--:|---|"]
    for each in changes:
        plan = each.plan
        if plan is None:
            lines.append(f"| {escaped(each.stack)} | | | | | | | not sound |")
            continue
        counts = [plan.count(action) for action in ("delete", "replace", "change", "create")]
        shown = [str(count or "") for count in [*counts, each.dangerous]]
        cells = [escaped(each.stack), *shown, _cost(plan), _fit(each.capacity[1])]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _cost(plan: Plan) -> str:
    if plan.monthly is None:
        return "?"
    before, after = plan.monthly
    return f"{after:,.0f} (**{after - before:+,.0f}**)" if after != before else f"{after:,.0f}"


def _fit(report: Report | None) -> str:
    if report is None:
        return ""
    return "hold it" if report.holds else "**do not hold it**"


def _nodes(changes: Sequence[StackChange]) -> list[str]:
    """The sentence on the nodes, where it is another than before or bad."""
    lines: list[str] = []
    for each in changes:
        before, after = (verdict(report) if report else "" for report in each.capacity)
        report = each.capacity[1]
        if report and (before != after or not report.holds):
            was = f" (before: {before})" if before and before != after else ""
            lines.append(f"- nodes of {escaped(each.stack)}: {escaped(after + was)}")
    return [*lines, ""] if lines else []


def _problems(changes: Sequence[StackChange]) -> list[str]:
    """Each problem once, with the stacks that have it."""
    by_text: dict[str, list[str]] = {}
    for each in changes:
        if each.problem:
            by_text.setdefault(each.problem, []).append(each.stack)
    lines: list[str] = []
    for text, stacks in by_text.items():
        shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
        if len(shown) > _PROBLEM // len(by_text):
            shown = shown[: _PROBLEM // len(by_text)] + f"\n… {len(text):,} characters in all"
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
        lines += [f"### Not sound: {escaped(', '.join(stacks))}", "", fence, shown, fence, ""]
    return lines


def _danger(shown: Sequence[str], untold: int) -> list[str]:
    if not shown and not untold:
        return []
    return ["### Dangerous", "", *DANGEROUS_HEAD, *shown, "", *_more(untold)]


def _folded(change: StackChange, shown: Sequence[str], untold: int) -> list[str]:
    if change.plan is None:
        return []
    head = f"<b>{escaped(change.stack)}</b>: {summary(change.plan)}"
    return [f"<details><summary>{head}</summary>", "", *HEAD, *shown, "", *_more(untold),
            "</details>", ""]  # fmt: skip


def _more(untold: int) -> list[str]:
    return [f"**{untold} more rows** are in the {_UNTOLD}.", ""] if untold else []


def _foot(changes: Sequence[StackChange]) -> list[str]:
    known = [each.plan.cannot_know for each in changes if each.plan]
    sentences = sorted({sentence for each in known for sentence in each})
    if not sentences:
        return []
    lines = ["<details><summary>What this cannot know</summary>", ""]
    return [*lines, *(f"- {escaped(sentence)}" for sentence in sentences), "", "</details>"]
