"""Where the plans of a preview lie: a folder, one file a stack, which an update is held to."""

from pathlib import Path

from cli.failures import RefusedError


class NoPlanError(RefusedError):
    """There is no plan for a stack in the folder that was named."""

    code = 2


def new_plan_of(folder: Path, stack: str) -> Path:
    """The file to write a stack's plan to; it may hold secrets, encrypted."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise NoPlanError(f"--save-plan {folder}: is no folder to write to ({error})") from error
    return folder / f"{stack}.json"


def plan_of(folder: Path, stack: str) -> Path:
    """The file that holds a stack's plan."""
    file = folder / f"{stack}.json"
    if not file.is_file():
        held = ", ".join(sorted(each.stem for each in folder.glob("*.json"))) or "none"
        raise NoPlanError(
            f"--plan {folder}: holds no plan of {stack} (of: {held})\n"
            f"  next: mpk preview {stack} --save-plan {folder}"
        )
    return file
