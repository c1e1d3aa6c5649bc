"""The versions that a stack declares: another one tried on its settings, and kept in its file.

The file is where every deployment takes its versions from (decision 0047): a release that did not
end up there would be undone by the next `mpk up` or `pulumi up`.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from operations.refusal import RefusedError
from settings import loader
from settings.loader import STACK_KEY, Settings, load
from settings.problems import did_you_mean
from settings.stack_edit import UneditableError, with_value

Choice = Mapping[tuple[str, ...], str]
"""Keys below `manpasik:stack` and the versions to set there."""


def with_versions(settings: Settings, choice: Choice) -> Settings:
    """The same stack at other versions, checked by every rule of the settings."""
    data = settings.stack.model_dump(mode="json", exclude_defaults=True)
    for way, version in choice.items():
        target: dict[str, Any] = data
        for step in way[:-1]:
            target = target.setdefault(step, {})
        target[way[-1]] = version
    return load(settings.stack_name, data)


def chosen(settings: Settings, services: Iterable[str], version: str) -> Choice:
    """Where a version is set: for these services, or for all where none is named."""
    named = list(dict.fromkeys(services))
    refuse_unknown(settings, named)
    if named:
        return {("services", name, "image_tag"): version for name in named}
    # Services that went their own way come along: the release is of the whole product.
    own = [name for name, each in settings.stack.services.items() if each.image_tag]
    return {("images", "tag"): version} | {("services", n, "image_tag"): version for n in own}


def present(settings: Settings, choice: Choice) -> Choice:
    """What stands now where a choice would set another version."""
    return {
        way: settings.image_tag(way[1]) if way[0] == "services" else settings.release
        for way in choice
    }


def refuse_unknown(settings: Settings, services: Iterable[str]) -> None:
    """Every service must be one that the stack deploys."""
    unknown = [name for name in services if name not in settings.services]
    if unknown:
        told = (f"{name}: no such service; {did_you_mean(name, settings.services)}"
                for name in unknown)  # fmt: skip
        raise RefusedError("nothing was changed:\n  " + "\n  ".join(told))


def keep(settings: Settings, choice: Choice) -> Path | None:
    """Write the versions into the stack's file; None where they stand there already."""
    path = loader.ROOT / f"Pulumi.{settings.stack_name}.yaml"
    text = before = path.read_text(encoding="utf-8")
    try:
        for way, version in choice.items():
            text = with_value(text, ["config", STACK_KEY, *way], version)
    except (UneditableError, yaml.YAMLError) as error:
        told = ", ".join(f"{'.'.join(way)}: {version}" for way, version in choice.items())
        raise RefusedError(f"{path.name}: {error}; by hand: {told}") from error
    if text == before:
        return None
    _replace(path, text)
    return path


def _replace(path: Path, text: str) -> None:
    """All of it or nothing."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(path.stat().st_mode)
    Path(name).replace(path)
