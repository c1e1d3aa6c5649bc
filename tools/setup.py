"""Set up the checkout on a machine that has only Python 3.11 or newer and make.

Brings the pinned uv from the package index into `.uv`, and lets it install what `uv.lock` pins into
`.venv`, the Go toolchain included. Needs no root and touches nothing outside the checkout but
uv's own cache and this project's. Written for the standard library alone: nothing is installed when
it runs.

    python tools/setup.py           # all that the project needs, into .venv
    python tools/setup.py --keep    # what Python has compiled of it since, for the next checkout
    python tools/setup.py bench     # what `make bench` compares with, alone, into .uv/bench
    python tools/setup.py checkov   # what tools/checkov/uv.lock pins, alone, into .uv/checkov
"""

from __future__ import annotations  # an older Python must reach the sentence that refuses it

import contextlib
import hashlib
import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path

UV_VERSION = "0.13.9"
OLDEST_PYTHON = (3, 11)
KEPT_DAYS = 30
ROOT = Path(__file__).resolve().parent.parent


def main(group: str = "") -> int:
    """Exit code 0 with `.venv/ready`, or one sentence that names what is missing.

    A group that is named goes into an environment of its own, alone: a dependency group, or a
    folder of `tools` with a lock of its own, where a tool wants other versions than the program.
    """
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        return refuse(
            f"Python {found} is too old; 3.11 or newer is needed",
            "install it (for example `apt install python3.11 python3.11-venv`, `brew install "
            "python@3.13`) and put it on PATH as python3",
        )
    uv = find_uv() or install_uv()
    if uv is None:
        return 2
    what = f"group {group}" if group else "Python packages and the Go toolchain"
    own = ROOT / "tools" / group if group else ROOT
    alone = group != "" and (own / "uv.lock").exists()
    say(f"installing the {what} that {f'tools/{group}/' if alone else ''}uv.lock pins")
    home = ROOT / ".uv" / group if group else ROOT / ".venv"
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(home)}
    command = [uv, "sync", "--frozen", "--quiet", "--python", sys.executable]
    command += ["--project", str(own)] if alone else ["--only-group", group] if group else []
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)  # noqa: S603 - our own command
    if done.returncode:
        return refuse(
            "the packages could not be installed",
            "the reason stands above; without a connection to a Python package index, give one by "
            "UV_DEFAULT_INDEX",
        )
    link_compiled(compiled(home), home)
    (home / "ready").touch()
    return 0


def keep() -> int:
    """Keep what was compiled in this checkout's environments, and drop what nobody used lately."""
    for ready in [*ROOT.glob(".venv/ready"), *ROOT.glob(".uv/*/ready")]:
        link_compiled(ready.parent, compiled(ready.parent))
        compiled(ready.parent).touch()
    for folder in compiled(ROOT).parent.iterdir():
        if folder.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def compiled(home: Path) -> Path:
    """Where what Python compiled of an environment's packages lies, for every checkout.

    To compile them costs a fresh checkout more than to test a room. Python looks in each file for
    the size and time of its source, and uv links the same sources into every checkout.
    """
    own = ROOT / "tools" / home.name / "uv.lock"
    lock = own if own.exists() else ROOT / "uv.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    cache = runpy.run_path(str(ROOT / "settings" / "paths.py"))["cache_dir"]()
    return cache / "compiled" / f"{home.name.strip('.')}-{digest}"


def link_compiled(source: Path, target: Path) -> None:
    """Link each compiled file that the other has not; across file systems nothing is to be gained.

    A link is whole at once, and Python never writes into a file: it puts another in its place.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in source.rglob("*.pyc"):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            place.hardlink_to(path)


def find_uv() -> str | None:
    """The pinned uv where an earlier set-up, or the machine, has it."""
    own = ROOT / ".uv" / "bin" / "uv"
    for candidate in (str(own), shutil.which("uv")):
        if candidate is None or not Path(candidate).exists():
            continue
        answer = subprocess.run(  # noqa: S603 - a program that we name
            [candidate, "--version"], capture_output=True, text=True, check=False
        )
        if answer.stdout.split()[1:2] == [UV_VERSION]:
            return candidate
    return None


def install_uv() -> str | None:
    """Bring the pinned uv into `.uv`; None with the reason said where that fails."""
    say(f"bringing uv {UV_VERSION}")
    folder = ROOT / ".uv"
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", folder], check=False, capture_output=True)  # noqa: S603
    if made.returncode:
        refuse(
            "this Python cannot make virtual environments",
            "install its venv package (for example `apt install python3-venv`), or put "
            f"uv {UV_VERSION} on PATH",
        )
        return None
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"]
    if subprocess.run(pip, check=False).returncode:  # noqa: S603
        refuse(
            f"uv {UV_VERSION} could not be installed",
            "the reason stands above; without a connection to a Python package index, put "
            f"uv {UV_VERSION} on PATH",
        )
        return None
    return str(folder / "bin" / "uv")


def say(what: str) -> None:
    """One line of progress."""
    print(f"setup: {what}", file=sys.stderr, flush=True)  # noqa: T201 - nothing else is installed yet


def refuse(what: str, remedy: str) -> int:
    """One sentence with the way out; returns the exit code."""
    say(f"{what}; {remedy}")
    return 2


if __name__ == "__main__":
    sys.exit(keep() if sys.argv[1:] == ["--keep"] else main(*sys.argv[1:2]))
