"""`mpk pr-comment`: one comment for all stacks, from recorded plans, without any credential."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages, print_json, results
from rendering.comment import Comment, StackChange, comment
from rendering.folder import replace_folder
from rendering.plan_text import as_dict, as_markdown
from rendering.pull_request import changes

UNSOUND = 1


def pr_comment(
    stacks: Annotated[
        list[str] | None, typer.Argument(help="Stacks to compare; all that either side has.")
    ] = None,
    base: Annotated[
        str, typer.Option(help="The commit that the change is to be merged into.")
    ] = "",
    head: Annotated[str, typer.Option(help="The commit to merge; this tree when absent.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the comment and the plans.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plans as JSON.")] = False,
) -> None:
    """Write what a change would do to every stack: dangers first, never over GitHub's limit.

    Needs no engine, cloud or credential, and hands none to the other commit's program. Exit code 1
    where a stack is not sound; the comment says so.
    """
    if not base:
        raise typer.BadParameter("name the commit to compare with", param_hint="--base")
    found = changes(base, head, stacks or [])
    told = comment(found, base=base)
    if output:
        replace_folder(_files(found, told), output.absolute())
        messages.print(f"comment.md, plans.md and plans.json are in {output}", markup=False)
    if as_json:
        print_json(_as_dict(found, told))
    elif not output:
        results.file.write(told.text)
        if told.untold:
            messages.print(f"{told.untold} rows did not fit; name --output for all of them")
    if any(each.problem for each in found):
        raise typer.Exit(UNSOUND)


def _files(found: list[StackChange], told: Comment) -> dict[str, str]:
    plans = [as_markdown(each.plan) for each in found if each.plan]
    problems = [f"## Stack {each.stack}\n\n{each.problem}\n" for each in found if each.problem]
    whole = json.dumps(_as_dict(found, told), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return {
        "comment.md": told.text,
        "plans.md": "\n".join([*problems, *plans]) or "no stack\n",
        "plans.json": whole,
    }


def _as_dict(found: list[StackChange], told: Comment) -> dict[str, object]:
    return {
        "untold": told.untold,
        "plans": [as_dict(each.plan) for each in found if each.plan],
        "problems": {each.stack: each.problem for each in found if each.problem},
    }
