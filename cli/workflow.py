"""What a command tells the pipeline that runs it: outputs of a step, and programs on its PATH."""

import os
from collections.abc import Mapping
from pathlib import Path

from operations.refusal import RefusedError

OUTPUT = "GITHUB_OUTPUT"
PATH = "GITHUB_PATH"


def tell(outputs: Mapping[str, str]) -> None:
    """Give values to the steps that follow; refused where no pipeline listens."""
    file = os.environ.get(OUTPUT)
    if not file:
        raise RefusedError(
            f"--to-workflow is for a step of a pipeline: there is no {OUTPUT} here; leave it out"
        )
    with Path(file).open("a") as listening:
        listening.writelines(f"{name}={value}\n" for name, value in outputs.items())


def on_path(folder: Path) -> bool:
    """Put a folder of programs on the PATH of the steps that follow; whether a pipeline listens."""
    file = os.environ.get(PATH)
    if not file:
        return False
    with Path(file).open("a") as listening:
        listening.write(f"{folder}\n")
    return True
