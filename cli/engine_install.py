"""`mpk engine install`: the pinned engine, held to its checksum before it is unpacked.

The Automation API's own installer takes whatever its address gives, so a release changed there
would run with this machine's credentials (decision 0024). A pin is a version with its digests.
"""

import hashlib
import os
import platform
import shutil
import tarfile
import tempfile
import urllib.request
from pathlib import Path

import typer

from cli import workflow
from cli.console import messages, results
from cli.failures import MissingEngineError
from settings import paths

VERSION = "3.253.0"
ARCHIVES = {
    ("Linux", "x86_64"): (
        "linux-x64",
        "33161e521280e6c77395a46344dba5ff9c118a90df254801e662087143b4d1ac",
    ),
    ("Linux", "aarch64"): (
        "linux-arm64",
        "7d7074d67a76139226c163b2365f14fbd45d8e2251362a2e10dc4602b3b577ea",
    ),
}
FROM = "MANPASIK_ENGINE_FROM"
"""Names another place that has the archives: an address, or a folder for machines without one."""
_FROM = "https://get.pulumi.com/releases/sdk"
_SECONDS = 120
_SEEN = (
    "its pinned checksum was seen at third parties only; compare it with the maker's own list "
    "(decision 0024)"
)
_BY_HAND = f"install `pulumi` {VERSION} by hand, or deploy with --engine none"

app = typer.Typer(no_args_is_help=True, help="The Pulumi engine on this machine.")


@app.callback()
def engine() -> None:
    """The Pulumi engine on this machine."""


@app.command("install")
def install() -> None:
    """Install the pinned engine into the cache, or say that it is there; in a pipeline on PATH."""
    programs = ensure() / "bin"
    messages.print(f"engine {VERSION} is in {programs}", markup=False)
    if workflow.on_path(programs):
        messages.print("the steps that follow find it on PATH")


@app.command("path")
def path() -> None:
    """Print the folder of the installed engine's programs: PATH="$(mpk engine path):$PATH"."""
    if not _mark().is_file():
        raise MissingEngineError(f"engine {VERSION} is not installed; first: mpk engine install")
    results.print(str(root() / "bin"), markup=False)


def root() -> Path:
    """Where the engine lies: its programs are in `bin` below."""
    return paths.cache_dir() / "engine"


def _mark() -> Path:
    return root() / f"installed-{VERSION}"


def ensure() -> Path:
    """The folder of the pinned engine; fetched, checked and unpacked where it is not there."""
    home, mark = root(), _mark()
    if mark.is_file():
        return home
    known = ARCHIVES.get((platform.system(), platform.machine()))
    if known is None:
        here = f"{platform.system()} on {platform.machine()}"
        raise MissingEngineError(f"no engine is pinned for {here}; {_BY_HAND}")
    name, digest = known
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as temporary:
        archive = Path(temporary) / f"pulumi-v{VERSION}-{name}.tar.gz"
        _fetch(archive)
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != digest:
            raise MissingEngineError(
                f"{archive.name} has the checksum {found}, and {digest} is pinned: it is not the "
                f"engine that was reviewed, and nothing of it was unpacked; {_BY_HAND}"
            )
        _unpack(archive, Path(temporary))
        shutil.rmtree(home / "bin", ignore_errors=True)
        (Path(temporary) / "pulumi").rename(home / "bin")
    mark.touch()
    messages.print(f"engine {VERSION} was unpacked; {_SEEN}", style="yellow", markup=False)
    return home


def _fetch(archive: Path) -> None:
    place = os.environ.get(FROM) or _FROM
    try:
        if "://" not in place:
            shutil.copyfile(Path(place).expanduser() / archive.name, archive)
            return
        if not place.startswith(("https://", "http://127.0.0.1:")):
            raise MissingEngineError(f"{FROM}={place}: name an https address or a folder")
        with urllib.request.urlopen(f"{place}/{archive.name}", timeout=_SECONDS) as answer:  # noqa: S310 - held above
            archive.write_bytes(answer.read())
    except OSError as error:
        raise MissingEngineError(
            f"the engine cannot be fetched from {place} ({error}); {_BY_HAND}, or name a "
            f"folder that holds {archive.name} in {FROM}"
        ) from None


def _unpack(archive: Path, into: Path) -> None:
    try:
        with tarfile.open(archive) as packed:
            packed.extractall(into, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise MissingEngineError(f"{archive.name} cannot be unpacked ({error})") from None
