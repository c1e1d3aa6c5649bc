"""New migrations into a folder: numbered, linted before they are there, all of them or none."""

import os
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from schema.files import Folder, file_names, from_texts
from schema.lint import lint, rule_of
from schema.writers.parts import Draft
from settings.problems import Problem, SettingsError


def write(folder: Folder, drafts: Sequence[Draft], today: date) -> list[Path]:
    """The paths of the new files. What lint would refuse is refused before anything is written."""
    texts = dict[str, str]()
    for number, draft in enumerate(drafts, folder.latest + 1):
        up, down = file_names(number, draft.name)
        texts |= {up: draft.up_text(), down: draft.down_text()}
    _refuse(folder, texts, today)
    return place(Path(folder.path), texts)


def _refuse(folder: Folder, texts: dict[str, str], today: date) -> None:
    there = {file.name: file.text for each in folder.migrations for file in each.files}
    whole = from_texts(there | texts, path=folder.path, engine=folder.engine)
    problems = [
        Problem(
            file=found.file,
            key=str(found.line),
            value="",
            message=f"{found.rule}: {found.message}",
            remedy=rule_of(found).safe,
        )
        for found in lint(whole, today)
        if found.file in texts and not rule_of(found).advice
    ]
    if problems:
        raise SettingsError(problems)


def place(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Whole files under their names: ways back first, so that no way there stands without one."""
    made = list[Path]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(texts, key=lambda each: (".up." in each, each)):
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, delete=False, encoding="utf-8"
            ) as new:
                new.write(texts[name])
            try:
                os.link(new.name, folder / name)  # never over a file that is there
            finally:
                Path(new.name).unlink()
            made.append(folder / name)
    except OSError as error:
        for path in made:
            path.unlink()
        message = f"cannot be written: {error.strerror}"
        problem = Problem(file=str(folder), key="", value="", message=message, remedy="")
        raise SettingsError([problem]) from error
    return sorted(made)
