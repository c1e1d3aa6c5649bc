"""What the engine says when it fails, as a few errors that name the next step.

The engine answers in pages; a person needs the reason and what to do. The kind decides the exit
code: 1 it was tried and failed, 3 the engine cannot work here, 5 somebody has to decide first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

FAILED = 1
CHANGES = 4
NOT_THERE = 3
REFUSED = 5
_LINES_SHOWN = 25
_TELLING = ("error:", "* ", "Pulumi.", "catalog/", "manpasik:", "kubernetes:", "aws:", "gcp:")


class EngineError(Exception):
    """The engine is not there, or it failed; the message says what to do."""

    code: ClassVar[int] = NOT_THERE


class MissingEngineError(EngineError):
    """There is no `pulumi` here, and none can be brought."""


class LoginError(EngineError):
    """The state's backend does not let this process in."""


class CredentialsError(EngineError):
    """A cloud or a cluster does not accept who is asking."""


class UpdateFailedError(EngineError):
    """It was tried, and something in it failed."""

    code = FAILED


class RefusedError(EngineError):
    """Nothing went wrong, but it may not go on before somebody decides."""

    code = REFUSED


class LockedError(RefusedError):
    """Another update of the stack is under way."""


class PendingOperationsError(RefusedError):
    """A killed update left behind what cannot be cleared by looking."""


class ConflictError(RefusedError):
    """Another writer owns a field, or made an object, that the program declares."""


class ProtectedError(RefusedError):
    """Something that holds data would be deleted or replaced."""


class PolicyError(RefusedError):
    """A mandatory rule of the policy pack is broken."""


class PlanError(RefusedError):
    """The update would do something that the saved plan does not hold."""


class MissingStackError(RefusedError):
    """A stack that this one reads does not exist, or is not what it must be."""


@dataclass(frozen=True, kw_only=True)
class _Kind:
    error: type[EngineError]
    said: re.Pattern[str]
    next_step: str


def _kind(error: type[EngineError], said: str, next_step: str) -> _Kind:
    return _Kind(error=error, said=re.compile(said, re.IGNORECASE), next_step=next_step)


# The first that matches decides; `{stack}` is filled in. Tests hold each against real words.
_KINDS = (
    _kind(
        LockedError,
        r"currently locked by|another update is currently in progress",
        "wait for it; if its machine is gone for good: pulumi cancel --stack {stack}",
    ),
    _kind(
        LoginError,
        r"must be set for login|passphrase must be set|incorrect passphrase"
        r"|could not get cloud URL|not logged in|unable to open (bucket|state)",
        "log in to the backend that holds the state (PULUMI_BACKEND_URL), and set the passphrase "
        "it was encrypted with (PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE)",
    ),
    _kind(
        CredentialsError,
        r"ExpiredToken|token included in the request is expired|token has expired"
        r"|no valid credential sources|could not find default credentials|invalid_grant"
        r"|InvalidClientTokenId|UnrecognizedClientException|cannot fetch token"
        r"|client to provide credentials|\bUnauthorized\b|getting credentials: exec",
        "log in again (aws sso login, gcloud auth login, or the kubeconfig's own way), then run "
        "the same command; what is done stays",
    ),
    _kind(
        PlanError,
        r"violates plan|not allowed by the plan",
        "preview again, read the difference, save a new plan with --save-plan",
    ),
    _kind(
        PolicyError,
        r"policy violations? (found|detected)|\[mandatory\]|resource validation failed",
        "mend the setting that the rule names, or give it a waiver with a reason",
    ),
    _kind(
        ProtectedError,
        r"because it is protected|cannot be (deleted|replaced)\b.*\bprotect",
        "nothing of it was deleted; to let it go on purpose: pulumi state unprotect URN "
        "--stack {stack}, after its data is safe",
    ),
    _kind(
        ConflictError,
        r"conflicts? with \"argocd-controller\"",
        "git is ahead: pull; this checkout is ahead: commit the rendered tree, push it, and run "
        "the same command after Argo CD's sync; nothing is forced over it",
    ),
    _kind(
        ConflictError,
        r"field conflict|conflict(s)? with \"|field manager conflict",
        "decide who writes the field: leave it out of the program (settings/ownership.py), or take "
        "it over with the annotation pulumi.com/patchForce",
    ),
    _kind(
        ConflictError,
        r"already exists",
        "--adopt takes over what exists already in a cluster; mpk import takes what exists in a "
        "cloud",
    ),
    _kind(
        MissingStackError,
        r"unknown stack \"",
        "bring up the stack that is read first: mpk up with both names does it in order",
    ),
    _kind(
        PendingOperationsError,
        r"with \d+ pending operations|interrupted while creating",
        "look whether each exists in the cloud: mpk import takes it over; mpk refresh {stack} "
        "forgets the others",
    ),
)


def explained(said: str, stack: str) -> EngineError:
    """The error that the engine's words mean, with what it said and what to do next."""
    for kind in _KINDS:
        if kind.said.search(said):
            step = kind.next_step.format(stack=stack)
            return kind.error(f"{_short(said)}\n  next: {step}")
    return UpdateFailedError(_short(said))


def _short(message: str) -> str:
    """What the engine says of errors, without the tracebacks of what it ended itself."""
    lines = [line for line in message.splitlines() if line.strip()]
    lines = _telling(lines) or lines
    return "the engine failed:\n  " + "\n  ".join(lines[-_LINES_SHOWN:])


def _telling(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip().startswith(_TELLING)]
