"""What a person asks for, checked before it becomes a part of SQL."""

import re

from schema.files import Folder
from settings.problems import Problem, SettingsError, shown

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def name(text: str) -> str:
    """A plain name of PostgreSQL: everything else would need quotes in every statement."""
    if not _NAME.fullmatch(text):
        allowed = "allowed: lower-case letters, digits and _, at most 63"
        raise SettingsError(
            [Problem(file="mpk migrate new", key="name", value=shown(text),
                     message="is no name", remedy=allowed)]
        )  # fmt: skip
    return text


def place(target: str) -> tuple[str, str]:
    """TABLE.COLUMN as its two names."""
    table, dot, column = target.partition(".")
    if not dot:
        raise SettingsError(
            [Problem(file="mpk migrate new", key="column", value=shown(target),
                     message="names no column", remedy="write TABLE.COLUMN")]
        )  # fmt: skip
    return name(table), name(column)


def refused(folder: Folder, target: str, message: str, remedy: str = "") -> SettingsError:
    """What cannot be written, and why."""
    return SettingsError(
        [Problem(file=folder.path, key=target, value="", message=message, remedy=remedy)]
    )
