"""The file `.env` beside a compose file: the values of a stack's secrets, mode 0600.

Compose reads it by itself, so `docker compose up -d` is all that a person types (R-P1). It is begun
by the command and then belongs to the person: an entry that stands there is never changed, since a
running PostgreSQL keeps the password that its volume was made with. What is absent is added.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rendering.folder import OutputFolderError, replace_file
from settings.problems import SettingsError
from settings.stack_file import SECRETS_KEY

NAME = ".env"
_ENTRY = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"(['\"])(.*)\1")


def held(path: Path, stack: str) -> dict[str, str]:
    """The entries of the file; none where there is no file. Raises where it is somebody else's."""
    lines = _text(path).splitlines()
    if lines and lines[0] != _head(stack):
        raise OutputFolderError(
            f"{path} is not the one of stack {stack}; name a compose file in another folder"
        )
    found = [match for line in lines if (match := _ENTRY.fullmatch(line))]
    return {match[1]: _unquoted(match[2]) for match in found}


def add(path: Path, stack: str, values: Mapping[str, str]) -> list[str]:
    """Make the file hold these as well; returns the names that were added."""
    known = held(path, stack)
    added = sorted(values.keys() - known.keys())
    text = _text(path) or f"{_head(stack)}\n# Never commit this file. What stands here stays.\n"
    if not text.endswith("\n"):
        text += "\n"
    text += "".join(f"{name}={values[name]}\n" for name in added)
    replace_file(path, text.encode(), private=True)
    return added


def said_of(path: Path, error: SettingsError) -> SettingsError:
    """The same problems; those of secrets are this file's, not the stack's."""
    place = f"{SECRETS_KEY}."
    return SettingsError(
        replace(problem, file=str(path), key=problem.key.removeprefix(place))
        if problem.key.startswith(place)
        else problem
        for problem in error.problems
    )


def _head(stack: str) -> str:
    return f"# Secrets of stack {stack} for its compose file."


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OutputFolderError(f"{path} cannot be read ({reason})") from error


def _unquoted(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    return quoted[2] if quoted else value
