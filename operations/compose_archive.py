"""What the Dev server runs, as one archive in its stack's bucket (D-3): packed, brought, taken.

One object, so that the machine never sees half of a change. The `.env` that lies there is the one
that the databases were made with: it is taken back first and added to, never made anew. The cloud's
own command carries it, with the role of whoever runs this.
"""

import gzip
import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from components.compose_machine import ARCHIVE, PRODUCT
from operations.refusal import RefusedError

SQL = Path("infrastructure/database/init")
"""Where the product keeps what the compose file loads."""
_PRIVATE, _FILE, _FOLDER = 0o600, 0o644, 0o755
_COMMANDS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "aws": ("s3", ("aws", "s3", "ls"), ("aws", "s3", "cp", "--only-show-errors")),
    "gcp": ("gs", ("gcloud", "storage", "ls"),
            ("gcloud", "storage", "cp", "--no-user-output-enabled")),
}  # fmt: skip
"""Scheme of a bucket's address, what lists an object, what copies one."""
_NOTHING_THERE = ("", "matched no objects")
_SECONDS = 300


class ArchiveError(RefusedError):
    """The archive cannot be made, brought or taken; nothing was changed."""


def packed(folder: Path, product: Path) -> bytes:
    """The compose file and `.env` of a folder, and the product's SQL; the same bytes each time."""
    files = sorted((product / SQL).glob("*.sql"))
    if not files:
        raise ArchiveError(f"{product / SQL} holds no SQL; name a checkout of the product")
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, mode in (("compose.yaml", _FILE), (".env", _PRIVATE)):
            _put(archive, name, (folder / name).read_bytes(), mode)
        inside = Path(PRODUCT) / SQL
        for each in (*reversed(inside.parents[:-1]), inside):
            _put(archive, str(each), None, _FOLDER)
        for file in files:
            _put(archive, str(inside / file.name), file.read_bytes(), _FILE)
    return gzip.compress(whole.getvalue(), mtime=0)


def _put(archive: tarfile.TarFile, name: str, content: bytes | None, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    entry.size = len(content or b"")
    archive.addfile(entry, io.BytesIO(content or b""))


def secrets_of(archive: Path) -> bytes:
    """The `.env` that lies in an archive."""
    try:
        with tarfile.open(archive) as found:
            held = found.extractfile(".env")
            return held.read() if held else b""
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        raise ArchiveError(f"what lies in the bucket is no archive of ours ({error})") from None


class Bucket:
    """Where a stack's archive lies."""

    def __init__(self, provider: str, name: str) -> None:
        """Name it; nothing is asked yet."""
        scheme, self._list, self._copy = _COMMANDS[provider]
        self.address = f"{scheme}://{name}/{ARCHIVE}"
        if shutil.which(self._copy[0]) is None:
            raise ArchiveError(f"{self._copy[0]} is not on PATH, and it carries files to a bucket")

    def take(self, file: Path) -> bool:
        """Bring the archive; False where there is none yet, refused where nobody can say."""
        asked = _run(*self._list, self.address)
        if asked.returncode and any(
            each in asked.stderr if each else not asked.stderr.strip() for each in _NOTHING_THERE
        ):
            return False
        self._done(asked)
        self._done(_run(*self._copy, self.address, str(file)))
        return True

    def put(self, file: Path) -> None:
        """Carry it there."""
        self._done(_run(*self._copy, str(file), self.address))

    def _done(self, run: subprocess.CompletedProcess[str]) -> None:
        if run.returncode:
            raise ArchiveError(f"{self.address}: {run.stderr.strip() or 'no reason was given'}")


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603
