"""What lies between two commits, stack by stack: each side recorded, none trusted with anything.

The other commit is recorded by a process of its own that sees none of this one's environment, so a
hostile program there finds no credential in it (P-5). A stack that is not sound, or that only one
side has, is told and stops no other.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from rendering.comment import StackChange
from rendering.commits import SourceError, commit_of, stacks_of
from rendering.plan import Plan, plan
from rendering.sources import Source, Sources
from settings import loader
from settings.problems import SettingsError

PROVIDERS_DECIDE = (
    "whether a cloud changes one of its resources in place or replaces it: its provider says so "
    "when the engine previews"
)
ALWAYS = (
    "what the cluster holds now: fields that the API server defaults, edits by hand, objects of "
    "others",
    PROVIDERS_DECIDE,
)
_Side = Mapping[str, Source | SourceError]


def changes(base: str, head: str = "", stacks: Sequence[str] = ()) -> list[StackChange]:
    """What leads from one commit to the other, or to this tree, in every stack of either."""
    old, new = commit_of(base), commit_of(head) if head else None
    here = stacks_of(new) if new else loader.stack_names()
    chosen = list(stacks) or sorted({*here, *stacks_of(old)})
    sources = Sources(with_capacity=True)
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(sources.attempts, old, chosen, whole=True)
        if new:
            news: _Side = sources.attempts(new, chosen, whole=True)
        else:
            news = {stack: _here(sources, stack) for stack in chosen}
        olds = waiting.result()
    return [_change(stack, olds[stack], news[stack]) for stack in chosen]


def _here(sources: Sources, stack: str) -> Source | SourceError:
    if not Path(loader.ROOT / f"Pulumi.{stack}.yaml").is_file():
        return Source(
            "this tree", [], (f"stack {stack} is gone: engine and cluster still have it",)
        )
    try:
        return sources.stack(stack, whole=True)
    except SettingsError as error:
        return SourceError(str(error))


def _change(stack: str, old: Source | SourceError, new: Source | SourceError) -> StackChange:
    if isinstance(new, SourceError):
        return StackChange(stack=stack, plan=None, problem=str(new))
    if isinstance(old, SourceError):
        return StackChange(stack=stack, plan=None, problem=f"nothing to compare with: {old}")
    known = (*old.cannot_know, *new.cannot_know, *ALWAYS)
    found = plan(old.objects, new.objects, stack=stack, against=old.name, cannot_know=known)
    return StackChange(
        stack=stack, plan=_priced(found, old, new), capacity=(old.capacity, new.capacity)
    )


def _priced(found: Plan, old: Source, new: Source) -> Plan:
    """With the cost of both; a side that has no such stack costs nothing."""
    before = old.monthly if old.objects else 0.0
    after = new.monthly if new.objects else 0.0
    return found if before is None or after is None else replace(found, monthly=(before, after))
