"""A folder of generated files: replaced as a whole, and only where everything in it was generated.

The list `.rendered` in the folder names what was written. Anything else in it belongs to somebody,
so the folder is refused and stays as it is.
"""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

LIST = ".rendered"


class OutputFolderError(Exception):
    """The folder cannot take the files; nothing was changed."""


def refuse_foreign(folder: Path) -> None:
    """Raise where a folder holds what no rendering wrote, or is none."""
    try:
        if folder.is_symlink() or not folder.exists():
            if folder.is_symlink():
                raise OutputFolderError(f"{folder} is a symbolic link; name the folder itself")
            return
        if not folder.is_dir():
            raise OutputFolderError(f"{folder} is a file; name a folder")
        listed = folder / LIST
        known = {LIST, *(listed.read_text().splitlines() if listed.is_file() else [])}
        foreign = sorted(_foreign(folder, known))
    except OSError as error:
        raise OutputFolderError(f"{folder} cannot be looked into ({error.strerror})") from error
    if foreign:
        raise OutputFolderError(
            f"{folder} holds {foreign[0]}, which no rendering wrote; name an empty folder"
        )


def replace_folder(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Make the folder hold these files and no others; returns their paths.

    A name may lead into folders below (`base/a.yaml`). Written beside and moved into place: an
    interrupted run leaves the old files or the new ones.
    """
    refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise OutputFolderError(f"{folder} cannot be made ({error.strerror})") from error
    try:
        for name, text in files.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_text(text, encoding="utf-8")
        (beside / LIST).write_text("".join(f"{name}\n" for name in sorted(files)))
        beside.chmod(0o755)
        _swap(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [folder / name for name in sorted(files)]


def replace_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Make one file hold this: written beside and moved into place, its mode kept.

    A private one is never readable by others, not even while it is written.
    """
    path = path.resolve()
    beside = path.with_name(f".new-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.touch(mode=0o600 if private else 0o666)
        beside.write_bytes(content)
        if path.is_file() and not private:
            shutil.copymode(path, beside)
        beside.replace(path)
    except OSError as error:
        raise OutputFolderError(f"{path} cannot be written ({error.strerror})") from error
    finally:
        beside.unlink(missing_ok=True)


def _foreign(folder: Path, known: Collection[str]) -> Iterator[str]:
    """What lies in a folder, at any depth, and is neither known nor a folder of what is."""
    folders = {str(parent) for name in known for parent in PurePosixPath(name).parents}

    def unreadable(error: OSError) -> None:
        raise error

    for place, inner, files in os.walk(folder, onerror=unreadable):
        here = Path(place)
        yield from (found for name in files if (found := _below(folder, here / name)) not in known)
        for name in list(inner):
            found = _below(folder, here / name)
            if found not in folders or (here / name).is_symlink():
                inner.remove(name)
                yield found


def _below(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _swap(beside: Path, folder: Path) -> None:
    if not folder.exists():
        beside.rename(folder)
        return
    old = beside.with_name(beside.name + ".old")
    folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old)
