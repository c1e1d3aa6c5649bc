"""Finding the Pulumi engine, and where its state lies on this machine.

The engine is optional: without it, `mpk` applies what it records (decision 12). With it, state lies
in a file backend on this machine, encrypted with a passphrase that is generated once (mode 0600),
unless the environment names another backend.
"""

import contextlib
import enum
import os
import secrets as entropy
import tempfile
from pathlib import Path

from pulumi import automation

from cli import engine_install
from cli.failures import MissingEngineError
from settings import paths
from settings.files import mapping_or_empty
from settings.loader import ROOT, Settings, secret_names

OWN_BACKEND = "PULUMI_BACKEND_URL"


class EngineChoice(enum.StrEnum):
    """Whether a command goes through the Pulumi engine."""

    AUTO = "auto"
    PULUMI = "pulumi"
    NONE = "none"


def engine_command(choice: EngineChoice, *, install: bool) -> automation.PulumiCommand | None:
    """The engine to use, or None where a stack is deployed without it."""
    if choice is EngineChoice.NONE:
        return None
    if install:
        engine_install.ensure()
    for place in (None, str(engine_install.root())):
        with contextlib.suppress(Exception):
            return automation.PulumiCommand(root=place)
    if choice is EngineChoice.PULUMI:
        raise MissingEngineError(
            "there is no `pulumi` on PATH; install it, add --install-engine, or use --engine none"
        )
    return None


def encrypted(settings: Settings) -> bool:
    """Whether a stack's file holds what only the engine can open."""
    name = settings.stack_name
    config = (mapping_or_empty(ROOT / f"Pulumi.{name}.yaml")).get("config", {})
    return bool(secret_names(name)) or "manpasik:seed" in config


def refuse_encrypted(settings: Settings) -> None:
    """Without the engine nobody can open what a stack file holds encrypted."""
    name = settings.stack_name
    if encrypted(settings):
        raise MissingEngineError(
            f"Pulumi.{name}.yaml holds encrypted values, which only the engine can open; "
            "put `pulumi` on PATH, or use --install-engine"
        )


def refuse_cloud(settings: Settings) -> None:
    """Without the engine a stack in a cloud is half known: what is recorded are stand-ins."""
    if settings.stack.cloud is not None:
        raise MissingEngineError(
            f"{settings.stack_name} is in a cloud, and only the engine knows what is there; put "
            "`pulumi` on PATH, or use --install-engine"
        )


def engine_folder(kubeconfig: str | None) -> Path:
    """Where the engine's state lies: with an embedded cluster, whose end is its end, else apart."""
    if kubeconfig is None:
        return paths.state_dir() / "engine"
    folder = Path(kubeconfig).parent
    embedded = folder.parent == paths.local_kubeconfig().parent.parent
    return folder / "engine" if embedded else paths.state_dir() / "engine"


def has_own_backend() -> bool:
    """Whether the user keeps the state somewhere of their own."""
    return OWN_BACKEND in os.environ


def environment(root: Path, kubeconfig: str | None) -> dict[str, str]:
    """What the engine needs beside the user's own environment, which has the last word."""
    backend = root / "state"
    backend.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    if kubeconfig is not None:
        wanted["KUBECONFIG"] = kubeconfig
    if not has_own_backend():
        wanted[OWN_BACKEND] = f"file://{backend}"
    if not os.environ.keys() & {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"}:
        wanted["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase(root / "passphrase"))
    return wanted


def _passphrase(path: Path) -> Path:
    """The passphrase of this machine's state, made on first use (mode 0600)."""
    if path.is_file():
        return path
    # Stacks begin side by side: the file appears whole, and the first one stays.
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(entropy.token_urlsafe(32))
        file.flush()
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
    return path
