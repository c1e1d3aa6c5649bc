"""The values behind the Secret's keys: given, or derived from the stack's seed.

A stack whose environment says `secrets: generated` (local, dev) derives what it is not given from
one seed by HMAC-SHA-256: the same seed gives the same passwords on every machine and in every run,
so nothing drifts. Staging and production derive nothing. A required secret that is absent stops
the stack before anything is made: without TOSS_SECRET_KEY the product would report payments that
were never charged (ENV-06).
"""

import hashlib
import hmac
import re
import secrets as entropy
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from settings import paths
from settings.catalog import Generated, Variable
from settings.catalog_rules import GATEWAY
from settings.loader import SECRETS_KEY, Settings
from settings.problems import Problem, SettingsError, did_you_mean
from settings.stack_file import SEED_KEY
from settings.variables import secret_readers

_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_PASSWORD_LENGTH = 32
_FEW = 3
_UNKNOWN = {"partner_key": "test_generated_", "address": "https://generated.invalid/"}
_NO_SEED = "is missing, and the stores derive keys of their own from it"


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """The secrets of a stack, kept out of every repr."""

    values: Mapping[str, str] = field(repr=False)
    seed: str = field(repr=False, default="")

    def derive(self, purpose: str) -> bytes:
        """32 bytes that belong to this stack and purpose."""
        return _derived(self.seed, purpose)

    def password(self, purpose: str) -> str:
        """A password of letters and digits for what is not the product's own."""
        return _as_password(self.derive(purpose))


def resolve(settings: Settings, given: object, seed: str) -> Secrets:
    """Every secret that the deployed services read; all that is missing or malformed at once.

    `given` is what the engine holds under `manpasik:secrets`.
    """
    file = f"Pulumi.{settings.stack_name}.yaml"
    if not isinstance(given, Mapping):
        remedy = f"run: pulumi config rm {SECRETS_KEY}; then set each secret by its name"
        raise SettingsError([_problem(file, SECRETS_KEY, "is not a mapping", remedy)])
    entries = cast("Mapping[str, object]", given)
    sound = {name: value for name, value in entries.items() if isinstance(value, str)}
    problems = list(_given_problems(settings, entries, file))
    if settings.stores and not seed:
        remedy = 'run: pulumi config set --secret manpasik:seed "$(openssl rand -hex 32)"'
        problems.append(_problem(file, SEED_KEY, _NO_SEED, remedy))
    values: dict[str, str] = {}
    for name, services in secret_readers(settings).items():
        variable = settings.catalog.variables[name]
        value = sound.get(name, variable.value) or _generated(settings, name, variable, seed)
        if name not in sound and value and not _fits(variable, value):
            key, message = f"{name}.generate", "makes values that the pattern refuses"
            remedy = f"allowed: {variable.pattern}"
            problems.append(_problem("catalog/variables.yaml", key, message, remedy))
        if value is not None:
            values[name] = value
        elif variable.required and name not in entries:
            problems.append(_missing(name, services, file))
    if problems:
        raise SettingsError(problems)
    return Secrets(values=values, seed=seed)


def stand_ins(settings: Settings, given: Iterable[str], seed: str) -> dict[str, str]:
    """A value for each secret that a stack's file holds encrypted: for recordings only."""
    known = settings.catalog.variables
    return {
        name: _derive_as(
            (known[name].generate if name in known else None) or "password", name, seed
        )
        for name in given
    }


def stack_seed(settings: Settings) -> str:
    """The seed of a stack on this machine, made on first use (mode 0600); shared by the stack file.

    Environments that generate no secrets have none.
    """
    if settings.environment.secrets != "generated":
        return ""
    path = seed_file(settings)
    try:
        seed = _kept(path)
    except OSError as error:
        message = f"the stack's seed cannot be kept ({error.strerror})"
        remedy = "let your user write there, or move it with MANPASIK_STATE"
        raise SettingsError([_problem(str(path), "", message, remedy)]) from error
    if not seed:
        message = "the stack's seed is empty"
        remedy = "restore it, or delete it and what was deployed with it"
        raise SettingsError([_problem(str(path), "", message, remedy)])
    return seed


def seed_file(settings: Settings) -> Path:
    """Where the seed of a stack lies; there is none before its first use."""
    return paths.state_dir() / "seeds" / settings.stack_name


def _kept(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        beside = path.with_name(f".{path.name}.{entropy.token_hex(4)}")
        beside.touch(mode=0o600)
        beside.write_text(entropy.token_hex(32))
        try:
            # A hard link never replaces: of two first runs at once, one seed wins.
            path.hardlink_to(beside)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return path.read_text().strip()


def _problem(file: str, key: str, message: str, remedy: str, value: str = "") -> Problem:
    return Problem(file=file, key=key, value=value, message=message, remedy=remedy)


def _given_problems(
    settings: Settings, given: Mapping[str, object], file: str
) -> Iterator[Problem]:
    known = {n: v for n, v in settings.catalog.variables.items() if v.source == "secret"}
    for name, value in given.items():
        variable = known.get(name)
        key, hidden = f"{SECRETS_KEY}.{name}", "[secret]"
        if variable is None:
            remedy = did_you_mean(name, known)
            yield _problem(file, key, "no service reads such a secret", remedy, hidden)
        elif not isinstance(value, str):
            yield _problem(file, key, "has the wrong type", "allowed: text", hidden)
        elif not value or not _fits(variable, value):
            remedy = f"allowed: {variable.pattern or 'any text'}"
            yield _problem(file, key, "has the wrong form", remedy, hidden)


def _missing(name: str, services: list[str], file: str) -> Problem:
    key = f"{SECRETS_KEY}.{name}"
    message = f"is missing, and {', '.join(services)} must not run without it"
    remedy = f"run: pulumi config set --secret --path {key}"
    if len(services) <= _FEW and GATEWAY not in services:
        leave_out = ", ".join(f"services.{service}.enabled: false" for service in services)
        remedy += f"; or leave out: {leave_out}"
    return _problem(file, key, message, remedy)


def _fits(variable: Variable, value: str) -> bool:
    return variable.pattern is None or re.fullmatch(variable.pattern, value) is not None


def _generated(settings: Settings, name: str, variable: Variable, seed: str) -> str | None:
    if settings.environment.secrets != "generated" or variable.generate is None:
        return None
    return _derive_as(variable.generate, name, seed)


def _derive_as(form: Generated, name: str, seed: str) -> str:
    raw = _derived(seed, name)
    match form:
        case "hex64":
            return raw.hex()
        case "password":
            return _as_password(raw)
        case _:  # Nobody knows or serves it: a call fails aloud, and is never silently skipped.
            return f"{_UNKNOWN[form]}{raw.hex()[:24]}"


def _derived(seed: str, purpose: str) -> bytes:
    if not seed:
        raise ValueError(f"no seed to derive {purpose} from")
    return hmac.new(seed.encode(), purpose.encode(), hashlib.sha256).digest()


def _as_password(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    digits: list[str] = []
    for _ in range(_PASSWORD_LENGTH):
        number, index = divmod(number, len(_LETTERS_AND_DIGITS))
        digits.append(_LETTERS_AND_DIGITS[index])
    return "".join(digits)
