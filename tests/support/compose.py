"""A stack's compose file as Compose reads it: loaded, validated and filled in by compose-go."""

import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from localcluster import programs
from rendering.compose import Compose, compose
from settings import load

STACKS = ("local", "dev")
SEED = "the seed of a test"
PRODUCT = "/the/product"
ONE_OFF = ("kafka-topics", "schema", "volume-owners")
"""Containers that do one thing and end."""


@functools.cache
def made(stack: str) -> Compose:
    """The stack's compose file and the values that it needs."""
    return compose(load(stack), {}, SEED)


def read_by_compose(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What compose-go says of `compose.yaml` in a folder, with `.env` beside it."""
    program = programs.ensure(["compose-config"], lambda *_: None)["compose-config"]
    return subprocess.run(
        [program, "compose.yaml"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def write(folder: Path, text: str, values: dict[str, str]) -> None:
    """The two files as a person has them."""
    (folder / "compose.yaml").write_text(text)
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))


@functools.cache
def services(stack: str) -> dict[str, dict[str, Any]]:
    """The services by name, with every variable filled in."""
    with tempfile.TemporaryDirectory() as place:
        write(Path(place), made(stack).text, dict(made(stack).values))
        done = read_by_compose(Path(place), PRODUCT_DIR=PRODUCT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]
