"""The Secrets of a stack with their values in the open, for `mpk seal` and for nothing else.

They are resolved as a deployment resolves them: given, the catalogue's, or derived from the seed.
Nothing here writes anything.
"""

import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from rendering.manifest import manifests
from rendering.recorder import record, reveal
from rendering.sealing import SealedKey, expected_secrets, keys_of, values_of
from settings.files import read_mapping
from settings.loader import Settings, secret_names
from settings.problems import Problem, SettingsError, did_you_mean
from settings.secrets import stack_seed, stand_ins
from settings.stack_file import SECRETS_KEY, SEED_KEY

STANDARD_INPUT = "-"
_OPTION = "--secrets"
_PRIVATE = 0o077
Opened = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the operator gives."""

    source: str
    """The file, as messages name it."""
    values: Mapping[str, object] = field(repr=False)
    seed: str = field(repr=False)


def read_given(file: str | None) -> Given:
    """Secrets from a YAML file of `NAME: value`, mode 0600, or from standard input (`-`).

    Under `manpasik:seed` it may hold the stack's seed, as the engine's configuration may.
    """
    if file is None:
        return Given(source=_OPTION, values={}, seed="")
    source = "standard input" if file == STANDARD_INPUT else file
    path = Path("/dev/stdin" if file == STANDARD_INPUT else file)
    problems = [] if file == STANDARD_INPUT else _unusable(path, source)
    content = None if problems else read_mapping(path, source, problems)
    if content is None:
        # A message must not quote a line, in which a secret may stand.
        raise SettingsError(replace(each, value="") for each in problems)
    seed = content.pop(SEED_KEY, "")
    return Given(source=source, values=content, seed=seed if isinstance(seed, str) else "")


def opened(settings: Settings, given: Given, only: Collection[str] = ()) -> Opened:
    """The Secrets of a stack, in the open; with `only`, just these keys of them.

    For single keys the other secrets need not be at hand. Stand-ins take their places, twice and
    different: a key that is not the same both times would hold a stand-in, and is refused.
    """
    if not only:
        seed = given.seed or stack_seed(settings)
        return _recorded(settings, given, _complete(settings, given), seed)
    first = _with_stand_ins(settings, given, "one")
    chosen = _chosen(first, only, settings)
    values, others = _values(first), _values(_with_stand_ins(settings, given, "another"))
    if unknown := [each for each in chosen if values[each] != others.get(each)]:
        message = "follows from secrets that are not given"
        raise SettingsError(_problem(given, str(each), message) for each in unknown)
    kept = [_reduced(secret, chosen) for secret in first]
    return [secret for secret in kept if keys_of(secret)]


def _with_stand_ins(settings: Settings, given: Given, seed: str) -> Opened:
    absent = {*expected_secrets(settings), *secret_names(settings.stack_name)} - given.values.keys()
    if settings.environment.secrets == "generated":
        absent &= set(secret_names(settings.stack_name))
    values = stand_ins(settings, absent, seed) | dict(given.values)
    return _recorded(settings, given, values, given.seed or stack_seed(settings) or seed)


def _complete(settings: Settings, given: Given) -> Mapping[str, object]:
    encrypted = sorted({*secret_names(settings.stack_name)} - given.values.keys())
    if encrypted:
        message = f"is encrypted in Pulumi.{settings.stack_name}.yaml, which only the engine reads"
        raise SettingsError(_problem(given, name, message) for name in encrypted)
    return given.values


def _recorded(settings: Settings, given: Given, values: Mapping[str, object], seed: str) -> Opened:
    try:
        # What is no text, the program itself refuses.
        texts = cast("Mapping[str, str]", values)
        found = manifests(record(settings, secrets=texts, seed=seed))
    except SettingsError as error:
        raise SettingsError(_said_of(each, given) for each in error.problems) from None
    return [reveal(each.content) for each in found if each.kind == "Secret"]


def _chosen(secrets: Opened, only: Collection[str], settings: Settings) -> set[SealedKey]:
    known = [key for secret in secrets for key in keys_of(secret)]
    names = {str(key) for key in known}
    if wrong := sorted({*only} - names):
        message = f"stack {settings.stack_name} has no such key"
        raise SettingsError(
            Problem(
                file="--only", key=name, value="", message=message, remedy=did_you_mean(name, names)
            )
            for name in wrong
        )
    return {key for key in known if str(key) in only}


def _values(secrets: Opened) -> dict[SealedKey, object]:
    return {key: values_of(secret)[key.key] for secret in secrets for key in keys_of(secret)}


def _reduced(secret: Mapping[str, Any], chosen: Collection[SealedKey]) -> dict[str, Any]:
    kept = {each.key for each in keys_of(secret) if each in chosen}
    return {
        name: {key: entry for key, entry in value.items() if key in kept}
        if name in ("data", "stringData")
        else value
        for name, value in secret.items()
    }


def _unusable(path: Path, source: str) -> list[Problem]:
    if not path.exists():
        message, remedy = "does not exist", "write it, with mode 0600"
        return [Problem(file=source, key="", value="", message=message, remedy=remedy)]
    if not path.is_file() or not stat.S_IMODE(path.stat().st_mode) & _PRIVATE:
        return []
    message, remedy = "can be read by others", f"run: chmod 600 {source}"
    return [Problem(file=source, key="", value="", message=message, remedy=remedy)]


def _said_of(problem: Problem, given: Given) -> Problem:
    """The same problem, said of the file that the operator gave."""
    name = problem.key.removeprefix(f"{SECRETS_KEY}.")
    if name == problem.key != SEED_KEY:
        return problem
    missing = problem.message.startswith("is missing")
    return _problem(given, name, problem.message, None if missing else problem.remedy)


def _problem(given: Given, name: str, message: str, remedy: str | None = None) -> Problem:
    where = "a file of mode 0600, named by --secrets" if given.source == _OPTION else given.source
    return Problem(
        file=given.source,
        key=name,
        value="",
        message=message,
        remedy=remedy or f"write its value into {where}",
    )
