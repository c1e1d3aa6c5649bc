"""One loader for everything: the catalogue's files and a stack's, checked together.

`load` raises one `SettingsError` with every problem it found, or returns settings that hold.
"""

from collections.abc import Iterable
from pathlib import Path

from settings import connections, residency_rules, stack_file, stack_rules
from settings.catalog import Catalog
from settings.catalog_files import parse, read_catalog
from settings.problems import Problem, SettingsError
from settings.stack import Stack
from settings.stack_file import SECRETS_KEY, STACK_KEY
from settings.whole import Settings, pull_policy

__all__ = [
    "ROOT",
    "SECRETS_KEY",
    "STACK_KEY",
    "Settings",
    "load",
    "load_all",
    "load_catalog",
    "pull_policy",
    "secret_names",
    "stack_names",
]

ROOT = Path(__file__).resolve().parent.parent
"""The project; read at each call."""


def load(stack_name: str, given: object = None, root: Path | None = None) -> Settings:
    """The settings of a stack: from `given`, as the engine has parsed it, else from its file."""
    settings, abroad = _judged(stack_name, given, root or ROOT)
    if not abroad:
        return settings
    raise SettingsError(abroad)


def _judged(stack_name: str, given: object, root: Path) -> tuple[Settings, list[Problem]]:
    """Sound settings, and what of them would move people's data abroad."""
    problems: list[Problem] = []
    file = f"Pulumi.{stack_name}.yaml"
    value = given if given is not None else stack_file.stack_value(stack_name, root, problems)
    problems += stack_file.name_problems(stack_name) if not problems else []
    stack = parse(Stack, value, file, problems, STACK_KEY) if value is not None else None
    catalog, broken = read_catalog(root, problems)
    if catalog is not None and stack is not None:
        problems += stack_rules.problems(catalog, stack, file, broken)
    if problems or catalog is None or stack is None:
        raise SettingsError(problems)
    settings = Settings(stack_name=stack_name, stack=stack, catalog=catalog)
    size = settings.environment.database
    if size and (settings.database or settings.sharded) and settings.connections_per_pod < 1:
        raise SettingsError([connections.too_few(settings.stack.environment, size)])
    held = stack_file.secret_names(stack_name, root)
    return settings, residency_rules.problems(settings, frozenset(held))


def load_all(stack_names: Iterable[str], root: Path | None = None) -> dict[str, Settings]:
    """The settings of several stacks; the problems of all of them together, each once."""
    loaded: dict[str, Settings] = {}
    problems: dict[Problem, None] = {}
    for name in stack_names:
        try:
            loaded[name], abroad = _judged(name, None, root or ROOT)
            problems |= dict.fromkeys(abroad)
        except SettingsError as error:
            problems |= dict.fromkeys(error.problems)
    problems |= dict.fromkeys(residency_rules.shared(loaded.values()))
    if problems:
        raise SettingsError(problems)
    return loaded


def load_catalog(root: Path | None = None) -> Catalog:
    """The catalogue alone."""
    problems: list[Problem] = []
    catalog, _ = read_catalog(root or ROOT, problems)
    if catalog is None or problems:
        raise SettingsError(problems)
    return catalog


def stack_names(root: Path | None = None) -> list[str]:
    """The stacks that have a file."""
    return stack_file.names(root or ROOT)


def secret_names(stack_name: str, root: Path | None = None) -> list[str]:
    """The names under `manpasik:secrets` in a stack's file; their values stay encrypted."""
    return stack_file.secret_names(stack_name, root or ROOT)
