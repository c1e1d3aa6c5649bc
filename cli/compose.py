"""`mpk compose`: the stack for a laptop or the Dev server, as one compose file (R-P1)."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.console import messages, results
from rendering import compose_env
from rendering.compose import HEAD, Compose, refuse_other_environments
from rendering.compose import compose as composed
from rendering.folder import OutputFolderError, replace_file
from rendering.recorder import RECORDING_SEED
from settings import paths, secrets
from settings.loader import Settings, load
from settings.problems import SettingsError

STANDARD_OUTPUT = "-"


def compose(
    stack: Annotated[str, typer.Argument(help="A stack of the environment local or dev.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="The file; `-` prints it and writes nothing. Default: in the state folder.",
        ),
    ] = None,
) -> None:
    """Write the compose file, and the secrets that it names into `.env` beside it."""
    settings = load(stack)
    refuse_other_environments(settings)
    if output == STANDARD_OUTPUT:
        made = composed(settings, {}, RECORDING_SEED)
        results.file.write(made.text)
        _warn(made)
        return
    if output == "":
        raise typer.BadParameter("name a file, or - for standard output", param_hint="--output")
    default = paths.state_dir() / "compose" / stack / "compose.yaml"
    file = Path(output).absolute() if output else default
    made, changed = write(settings, file)
    if changed:
        _tell(f"{file} is the compose file of stack {made.stack},")
        _tell(f"{file.with_name(compose_env.NAME)} holds its secrets, readable by you alone. "
              "Start it with:")  # fmt: skip
    else:
        _tell("no change")
    _tell(f"  PRODUCT_DIR=<checkout of the product> docker compose -f {file} up -d")
    for name in made.absent:
        beside = file.with_name(compose_env.NAME)
        _tell(f"{name} is encrypted in Pulumi.{made.stack}.yaml: write its value into {beside}")
    _warn(made)


def write(settings: Settings, file: Path) -> tuple[Compose, bool]:
    """Write the file, and what its `.env` lacks; whether either changed."""
    old = _own(file)
    beside = file.with_name(compose_env.NAME)
    given = compose_env.held(beside, settings.stack_name)
    try:
        made = composed(settings, given, secrets.stack_seed(settings))
    except SettingsError as error:
        raise compose_env.said_of(beside, error) from None
    added = compose_env.add(beside, settings.stack_name, made.values)
    changed = old != made.text or bool(added)
    if changed:
        replace_file(file, made.text.encode())
    return made, changed


def _own(file: Path) -> str | None:
    """What the file holds, None where there is none. Raises where somebody else wrote it."""
    try:
        old = file.read_text(encoding="utf-8") if file.exists() else None
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OutputFolderError(f"{file} cannot be read ({reason}); name a file") from error
    if old and not old.startswith(HEAD):
        raise OutputFolderError(f"{file} was not written by `mpk compose`; name another file")
    return old


def _warn(made: Compose) -> None:
    for warning in made.warnings:
        messages.print("[yellow]warning[/]", escape(warning))


def _tell(line: str) -> None:
    messages.print(line, markup=False)
