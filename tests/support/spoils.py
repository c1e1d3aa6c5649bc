"""Ways to spoil a project: its YAML as data, its text, its files."""

from pathlib import Path
from typing import Any

from tests.support.project import STACK, Project, Spoil


def put(file: str, place: str, value: object) -> Spoil:
    """Set what stands at `a/b/c` in a YAML file."""
    *way, last = place.split("/")

    def change(content: Any) -> None:
        for step in way:
            content = content.setdefault(step, {})
        content[last] = value

    return lambda project: project.edit(file, change)


def put_in(file: str, values: dict[str, object]) -> Spoil:
    """Set what stands at several places of a YAML file."""
    spoils = [put(file, place, value) for place, value in values.items()]
    return lambda project: project.spoil(*spoils)


def drop(file: str, key: str) -> Spoil:
    """Remove a top-level key of a YAML file."""
    return lambda project: project.edit(file, lambda content: content.pop(key))


def put_in_stack(place: str, value: object) -> Spoil:
    """Set what stands below `manpasik:stack` of the stack `local`."""
    return put(STACK, f"config/manpasik:stack/{place}", value)


def write(file: str, content: str | bytes) -> Spoil:
    """Replace a file's content by raw text or bytes."""
    raw = content.encode() if isinstance(content, str) else content
    return lambda project: (project.root / file).write_bytes(raw)


def below(line: str, text: str, file: str = STACK) -> Spoil:
    """Put raw text below a line of a file."""

    def spoil(project: Project) -> None:
        before, found, after = (project.root / file).read_text().partition(f"{line}\n")
        assert found, f"{file} has no line {line!r}"
        (project.root / file).write_text(before + found + text + after)

    return spoil


def remove(file: str) -> Spoil:
    """Delete a file."""
    return lambda project: (project.root / file).unlink()


def instead(file: str, make: str) -> Spoil:
    """Put a `folder` or a dangling `link` in a file's place."""

    def spoil(project: Project) -> None:
        path: Path = project.root / file
        path.unlink(missing_ok=True)
        path.mkdir() if make == "folder" else path.symlink_to("nowhere")

    return spoil
