"""`mpk plan`: what a deployment would create, change, replace and delete, before it happens."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import embedded
from cli.console import print_json, results
from operations.live import live
from rendering.commits import Commit, SourceError, commit_of
from rendering.marked import BESIDE
from rendering.plan import Plan
from rendering.plan import plan as planned
from rendering.plan_text import as_dict, as_markdown, as_text
from rendering.pull_request import PROVIDERS_DECIDE
from rendering.sources import Source, Sources
from settings.loader import Settings, load_all, stack_names

CHANGES = 4
LIVE = "live"


class Format(StrEnum):
    """How a plan is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def plan(
    stacks: Annotated[list[str], typer.Argument(help="The stacks to plan.")],
    against: Annotated[
        str,
        typer.Option(help="A stack, a folder of rendered YAML, a git commit, or `live`."),
    ] = "HEAD",
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 4 where anything would change.")
    ] = False,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="For `live`: cluster to use instead of the stack's own.")
    ] = None,
) -> None:
    """Show what would be created, changed, replaced or deleted; the dangerous first."""
    chosen = list(dict.fromkeys(stacks))
    settings = load_all(chosen)
    if against == LIVE:
        plans = [_against_live(each, kubeconfig) for each in settings.values()]
    else:
        plans = _against_recorded(chosen, against)
    _tell(plans, Format.JSON if as_json else form)
    if exit_code and not all(each.empty for each in plans):
        raise typer.Exit(CHANGES)


def _against_recorded(stacks: Sequence[str], against: str) -> list[Plan]:
    sources = Sources()
    commit = commit_of(against) if _is_commit(against) else None
    same = sources.alike(commit, stacks) if commit else {}
    left = [stack for stack in stacks if stack not in same]
    olds, news = _recorded(sources, left, commit or against) if left else ({}, {})
    olds, news = olds | same, news | same
    return [
        replace(
            planned(
                olds[stack].objects,
                news[stack].objects,
                stack=stack,
                against=olds[stack].name,
                cannot_know=(
                    *olds[stack].cannot_know,
                    *_ALWAYS,
                    *_rented(olds[stack], news[stack]),
                ),
            ),
            monthly=_costs(olds[stack], news[stack]),
        )
        for stack in stacks
    ]


def _recorded(
    sources: Sources, stacks: Sequence[str], against: str | Commit
) -> tuple[dict[str, Source], dict[str, Source]]:
    """Both sides of each stack; files hold nothing of a cloud, so neither side does then."""
    whole = isinstance(against, Commit) or against in stack_names()
    with ThreadPoolExecutor(1) as other:
        # A commit is recorded by a process of its own, meanwhile this one records the stacks.
        waiting = other.submit(_olds(sources, stacks, against))
        news = {stack: sources.stack(stack, whole=whole) for stack in stacks}
        return waiting.result(), news


def _rented(*sides: Source) -> tuple[str, ...]:
    """What nobody knows of a cloud's resources, where the plan has some."""
    found = any(each["apiVersion"] == BESIDE for side in sides for each in side.objects)
    return (PROVIDERS_DECIDE,) if found else ()


def _is_commit(against: str) -> bool:
    return against not in stack_names() and not Path(against).expanduser().is_dir()


def _costs(old: Source, new: Source) -> tuple[float, float] | None:
    known = old.monthly is not None and new.monthly is not None
    return (old.monthly or 0, new.monthly or 0) if known else None


_ALWAYS = (
    "what the cluster holds now: fields that the API server defaults, edits by hand, objects of "
    "others (ask with --against live)",
)


def _olds(
    sources: Sources, stacks: Sequence[str], against: str | Commit
) -> Callable[[], dict[str, Source]]:
    if isinstance(against, Commit):
        return lambda: sources.commit(against, stacks, whole=True)
    if against in stack_names():
        one = sources.stack(against, whole=True)
        return lambda: dict.fromkeys(stacks, one)
    folder = Path(against).expanduser()
    return lambda: {stack: sources.folder(_of_stack(folder, stack, stacks)) for stack in stacks}


def _of_stack(folder: Path, stack: str, stacks: Sequence[str]) -> Path:
    if (folder / stack).is_dir():
        return folder / stack
    if len(stacks) > 1:
        raise SourceError(f"{folder} holds no folder {stack}; render each stack into its own")
    return folder


def _against_live(settings: Settings, kubeconfig: Path | None) -> Plan:
    chosen = str(kubeconfig.expanduser()) if kubeconfig else embedded.kubeconfig_of(settings)
    return live(settings, chosen)


def _tell(plans: Sequence[Plan], form: Format) -> None:
    if form is Format.JSON:
        print_json({"plans": [as_dict(each) for each in plans]})
        return
    write = as_markdown if form is Format.MARKDOWN else as_text
    results.file.write("\n".join(map(write, plans)))
