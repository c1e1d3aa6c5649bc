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
from typing import Literal

from settings import paths
from settings.catalog import Variable
from settings.loader import SECRETS_KEY, Settings
from settings.problems import Problem, SettingsError, did_you_mean
from settings.variables import secret_readers

_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_PASSWORD_LENGTH = 32


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


def resolve(settings: Settings, given: Mapping[str, str], seed: str) -> Secrets:
    """Every secret that the deployed services read; all that is missing or malformed at once."""
    readers = secret_readers(settings)
    file = f"Pulumi.{settings.stack_name}.yaml"
    problems = list(_given_problems(settings, given, file))
    values: dict[str, str] = {}
    for name, services in readers.items():
        variable = settings.catalog.variables[name]
        value = given.get(name, variable.value) or _generated(settings, name, variable, seed)
        if value is not None:
            values[name] = value
        elif variable.required:
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
    """The seed of a stack on this machine, made on first use (mode 0600).

    Several operators of one stack share a seed by `pulumi config set --secret manpasik:seed`.
    Environments that generate no secrets have none.
    """
    if settings.environment.secrets != "generated":
        return ""
    path = paths.state_dir() / "seeds" / settings.stack_name
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


def _given_problems(settings: Settings, given: Mapping[str, str], file: str) -> Iterator[Problem]:
    known = {n: v for n, v in settings.catalog.variables.items() if v.source == "secret"}
    for name, value in given.items():
        variable = known.get(name)
        if variable is None:
            yield Problem(
                file=file, key=f"{SECRETS_KEY}.{name}", value="[secret]",
                message="no service reads such a secret", remedy=did_you_mean(name, known),
            )  # fmt: skip
        elif not value or (variable.pattern and not re.fullmatch(variable.pattern, value)):
            yield Problem(
                file=file, key=f"{SECRETS_KEY}.{name}", value="[secret]",
                message="has the wrong form", remedy=f"allowed: {variable.pattern or 'any text'}",
            )  # fmt: skip


def _missing(name: str, services: list[str], file: str) -> Problem:
    leave_out = ", ".join(f"services.{service}.enabled: false" for service in services[:3])
    return Problem(
        file=file, key=f"{SECRETS_KEY}.{name}", value="",
        message=f"is missing, and {', '.join(services)} must not run without it",
        remedy=f"run: pulumi config set --secret --path {SECRETS_KEY}.{name}; "
        f"or leave out: {leave_out}",
    )  # fmt: skip


def _generated(settings: Settings, name: str, variable: Variable, seed: str) -> str | None:
    if settings.environment.secrets != "generated" or variable.generate is None:
        return None
    return _derive_as(variable.generate, name, seed)


def _derive_as(form: Literal["password", "hex64", "partner_key"], name: str, seed: str) -> str:
    raw = _derived(seed, name)
    match form:
        case "hex64":
            return raw.hex()
        case "password":
            return _as_password(raw)
        case "partner_key":
            # No partner knows it: a call is refused aloud, never silently skipped.
            return f"test_generated_{raw.hex()[:24]}"


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
