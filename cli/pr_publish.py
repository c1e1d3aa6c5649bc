"""`mpk pr-publish`: puts a recorded comment onto its pull request, in place of the one before."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.console import messages
from operations.forge import Forge, ForgeError
from rendering.comment import LIMIT, MARKER


def pr_publish(
    file: Annotated[Path, typer.Argument(help="The comment, as `mpk pr-comment` wrote it.")],
    owner: Annotated[str, typer.Option(envvar="COMMENT_OWNER", help="Whose fork.")] = "",
    branch: Annotated[str, typer.Option(envvar="COMMENT_BRANCH", help="Its branch.")] = "",
    commit: Annotated[str, typer.Option(envvar="COMMENT_COMMIT", help="Its commit.")] = "",
) -> None:
    """Publish a comment that a stranger's program wrote: text, bounded, under our own mark.

    Which pull request it belongs to is asked of GitHub by branch and commit, never read from the
    file (P-5). A commit that is no longer the head of one is left alone.
    """
    text = _checked(file)
    forge = Forge.of(os.environ)
    number = forge.pull_request(owner, branch, commit)
    if number is None:
        messages.print(f"{commit[:10]} is the head of no open pull request; nothing to say")
        return
    note = f"<sub>What the program of commit {commit[:10]} says of itself.</sub>"
    done = forge.say(number, f"{MARKER}\n{note}\n{text.removeprefix(MARKER)}", MARKER)
    messages.print(f"comment on pull request {number} {done}")


def _checked(file: Path) -> str:
    try:
        text = file.read_bytes()[: 4 * LIMIT + 1].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ForgeError(f"{file} holds no comment ({error})") from None
    if not text.startswith(f"{MARKER}\n") or len(text) > LIMIT - 500:
        raise ForgeError(f"{file} is no comment of `mpk pr-comment`: no mark, or too long")
    return text
