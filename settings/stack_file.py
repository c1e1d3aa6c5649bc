"""What a stack's file says of this product, before it is judged.

The rest of `Pulumi.<stack>.yaml` is the engine's: it may be encrypted, and it is not ours to check.
"""

import re
from pathlib import Path
from typing import Any, cast

from settings.files import mapping_or_empty, read_mapping
from settings.problems import Problem, did_you_mean, shown_unless_secret

STACK_KEY = "manpasik:stack"
SECRETS_KEY = "manpasik:secrets"
SEED_KEY = "manpasik:seed"
KNOWN_KEYS = {STACK_KEY, SECRETS_KEY, SEED_KEY}
"""The keys of this project; the others under `config:` belong to Pulumi and its providers."""

# The name becomes a label of every object, and a file's name.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


def names(root: Path) -> list[str]:
    """The stacks that have a file."""
    files = root.glob("Pulumi.*.yaml")
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files)


def secret_names(stack_name: str, root: Path) -> list[str]:
    """The names under `manpasik:secrets` in a stack's file; their values stay encrypted."""
    config = _mapping(mapping_or_empty(root / f"Pulumi.{stack_name}.yaml").get("config"))
    return sorted(_mapping(config.get(SECRETS_KEY)))


def name_problems(stack_name: str) -> list[Problem]:
    """Whether a stack may be called that."""
    if _NAME.fullmatch(stack_name):
        return []
    message = f"{stack_name!r} cannot be a stack's name"
    remedy = "use at most 63 letters, digits, hyphens, dots, underscores"
    file = f"Pulumi.{stack_name}.yaml"
    return [Problem(file=file, key="", value="", message=message, remedy=remedy)]


def stack_value(stack_name: str, root: Path, problems: list[Problem]) -> object:
    """What stands under `manpasik:stack`, or None with the reason added to `problems`."""
    file = f"Pulumi.{stack_name}.yaml"
    known = names(root)
    if stack_name not in known:
        remedy = did_you_mean(stack_name, known)
        message = f"there is no stack {stack_name!r}"
        problems.append(Problem(file=file, key="", value="", message=message, remedy=remedy))
        return None
    content = read_mapping(root / file, file, problems)
    if content is None:
        return None
    config: object = content.get("config")
    problems += _unknown_keys(_mapping(config), file)
    problems += _open_secrets(_mapping(config), file)
    value: object = _mapping(config).get(STACK_KEY)
    if value is None:
        problems.append(_missing(config, file))
    return value


def _unknown_keys(config: dict[str, Any], file: str) -> list[Problem]:
    """A key of this project that nothing reads would else be ignored without a word."""
    return [
        Problem(
            file=file,
            key=f"config.{key}",
            value=shown_unless_secret(key, value),
            message="unknown key",
            remedy=did_you_mean(key, KNOWN_KEYS),
        )
        for key, value in config.items()
        if key.startswith("manpasik:") and key not in KNOWN_KEYS
    ]


def _open_secrets(config: dict[str, Any], file: str) -> list[Problem]:
    """Whatever stands here goes to git with the file: only what the engine encrypted may (P-4)."""
    held = {f"{SECRETS_KEY}.{name}": v for name, v in _mapping(config.get(SECRETS_KEY)).items()}
    held |= {SEED_KEY: config[SEED_KEY]} if SEED_KEY in config else {}
    return [
        Problem(
            file=file,
            key=f"config.{key}",
            value="[secret]",
            message="stands in the open",
            remedy=f"remove it and run: pulumi config set --secret --path {key}",
        )
        for key, value in held.items()
        if not (isinstance(value, dict) and list(cast("dict[str, Any]", value)) == ["secure"])
    ]


def _missing(config: object, file: str) -> Problem:
    remedy = f"write config: and under it {STACK_KEY}: with environment: …"
    if config is None or isinstance(config, dict):
        key, value, message = f"config.{STACK_KEY}", "", "is missing"
    else:
        key, value, message = "config", shown_unless_secret("", config), "is not a mapping"
    return Problem(file=file, key=key, value=value, message=message, remedy=remedy)


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
