"""Secrets as git may hold them: SealedSecrets, which only the cluster's controller can open.

`overlays/<environment>/sealed.yaml` holds the sealed values. It is input: a rendering keeps them,
and needs no credentials. Scope is strict: a value opens under its own name and namespace only. A
key that is not sealed is absent, so a pod that reads it does not start (R-P2-SEC).
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from rendering.manifest import to_yaml
from rendering.recorder import RECORDING_SEED
from settings import names
from settings.loader import STACK_KEY, Settings, secret_names
from settings.problems import Problem, SettingsError
from settings.secrets import stand_ins
from settings.variables import required_secrets, secret_readers

KIND = "SealedSecret"
API_VERSION = "bitnami.com/v1alpha1"
SEAL_SECONDS = 60
_KNOWN_FIELDS = {"apiVersion", "kind", "metadata", "type", "immutable", "data", "stringData"}
_TEMPLATED = ("annotations", "labels")


class SealedKey(NamedTuple):
    """One key of one Secret."""

    namespace: str
    secret: str
    key: str

    def __str__(self) -> str:
        """As `mpk seal --only` takes it."""
        return f"{self.secret}/{self.key}"


Sealed = Mapping[SealedKey, str]
"""Sealed values; safe to show."""


def sealed_secret(secret: Mapping[str, Any], sealed: Sealed) -> dict[str, Any]:
    """The SealedSecret from which the controller makes this Secret."""
    if unknown := sorted(secret.keys() - _KNOWN_FIELDS):
        raise ValueError(f"a Secret with {', '.join(unknown)} cannot be sealed; teach sealing.py")
    metadata: Mapping[str, Any] = secret["metadata"]
    template: dict[str, Any] = {name: secret[name] for name in ("immutable",) if name in secret}
    template["metadata"] = {name: metadata[name] for name in _TEMPLATED if name in metadata}
    template["type"] = secret.get("type", "Opaque")
    values = {each.key: sealed[each] for each in keys_of(secret) if each in sealed}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": dict(metadata),
        "spec": {"encryptedData": values, "template": template},
    }


def keys_of(secret: Mapping[str, Any]) -> list[SealedKey]:
    """Every key of a Secret, sorted."""
    space, name = secret["metadata"]["namespace"], secret["metadata"]["name"]
    return [SealedKey(space, name, key) for key in sorted(values_of(secret))]


def values_of(secret: Mapping[str, Any]) -> dict[str, Any]:
    """What a Secret holds, by key."""
    maps = (cast("Mapping[str, Any]", secret.get(name) or {}) for name in ("data", "stringData"))
    return {key: value for each in maps for key, value in each.items()}


def stand_in_secrets(settings: Settings, sealed: Sealed) -> tuple[dict[str, str], str]:
    """Secrets and seed for a recording of what git holds.

    Each follows from the sealed text: when that is another, so is the checksum of the pods that
    read it, and they roll (pitfall A-4). What no service names (a store's own password) follows
    from the seed.
    """
    known = secret_readers(settings)
    texts = {
        each.key: text
        for each, text in sealed.items()
        if each.secret == names.SECRET and each.key in known
    }
    found: dict[str, str] = {}
    for name in [*secret_names(settings.stack_name), *expected_secrets(settings), *texts]:
        seed = f"{RECORDING_SEED} {texts[name]}" if name in texts else RECORDING_SEED
        found |= stand_ins(settings, [name], seed)
    others = [[*each, text] for each, text in sorted(sealed.items()) if each.secret != names.SECRET]
    seed = f"{RECORDING_SEED} {names.digest(others)}" if others else RECORDING_SEED
    return found, seed


def read(path: Path) -> dict[SealedKey, str]:
    """The sealed values that a file holds; none where there is no file."""
    try:
        if not path.exists():
            return {}
        documents: list[Any] = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _unreadable(path, f"is not readable YAML ({type(error).__name__})") from None
    found: dict[SealedKey, str] = {}
    for document in documents:
        try:
            found |= _values(document)
        except (AttributeError, KeyError, TypeError, ValueError):
            message = f"holds something else than the values of a {KIND}"
            raise _unreadable(path, message) from None
    return found


def to_text(secrets: Iterable[Mapping[str, Any]], sealed: Sealed) -> str:
    """The file of sealed values: for each SealedSecret a patch that brings them."""
    return to_yaml(
        {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {name: secret["metadata"][name] for name in ("name", "namespace")},
            "spec": {
                "encryptedData": {
                    each.key: sealed[each] for each in keys_of(secret) if each in sealed
                }
            },
        }
        for secret in secrets
    )


@dataclass(frozen=True)
class Certificate:
    """What a cluster's secrets are sealed with. Public."""

    stack: str
    pem: str


def certificate(settings: Settings) -> Certificate:
    """The certificate of a stack's cluster; refused where there is none, or none that seals."""
    name, pem = settings.stack_name, settings.stack.sealing_certificate
    if pem is None:
        raise _refused(name, "is missing")
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise _refused(name, "is no certificate") from None
    if not isinstance(found.public_key(), rsa.RSAPublicKey):
        raise _refused(name, "holds no RSA key")
    return Certificate(name, pem)


def seal(
    kubeseal: Path, sealed_with: Certificate, secrets: Sequence[Mapping[str, Any]]
) -> dict[SealedKey, str]:
    """Seal every value of these Secrets, which lie open.

    The values pass through a pipe: no file, no argument and no message ever holds one.
    """
    found: dict[SealedKey, str] = {}
    with tempfile.TemporaryDirectory(prefix="mpk-seal-") as folder:
        file = Path(folder) / "certificate.pem"
        file.write_text(sealed_with.pem)
        # Else it would look for a namespace in the user's own kubeconfig.
        environment = {"HOME": folder, "KUBECONFIG": os.devnull}
        for secret in secrets:
            done = subprocess.run(  # noqa: S603 - the built program, no shell
                [kubeseal, "--cert", file, "--scope", "strict", "--format", "json"],
                env=environment, input=json.dumps(secret), capture_output=True, text=True,
                check=False, timeout=SEAL_SECONDS,
            )  # fmt: skip
            if done.returncode:
                reason = done.stderr.strip().removeprefix("error: ")
                raise _refused(sealed_with.stack, f"cannot be sealed with ({reason})")
            values: dict[str, str] = json.loads(done.stdout)["spec"]["encryptedData"]
            found |= {key: values[key.key] for key in keys_of(secret)}
    return found


def _refused(stack: str, message: str) -> SettingsError:
    problem = Problem(
        file=f"Pulumi.{stack}.yaml",
        key=f"{STACK_KEY}.sealing_certificate",
        value="",
        message=message,
        remedy="put there what the cluster gives: kubeseal --fetch-cert (it is public)",
    )
    return SettingsError([problem])


def _unreadable(path: Path, message: str) -> SettingsError:
    remedy = "restore it from git, or delete it and seal again with: mpk seal"
    return SettingsError(
        [Problem(file=str(path), key="", value="", message=message, remedy=remedy)]
    )


def expected_secrets(settings: Settings) -> list[str]:
    """The secrets that a stack has in any case and the catalogue has no value for."""
    if settings.environment.secrets == "given":
        return required_secrets(settings)
    known = settings.catalog.variables
    return [name for name in secret_readers(settings) if known[name].generate]


def _values(document: Any) -> dict[SealedKey, str]:
    if document is None:
        return {}
    if (document["apiVersion"], document["kind"]) != (API_VERSION, KIND):
        raise ValueError(document["kind"])
    space, name = document["metadata"]["namespace"], document["metadata"]["name"]
    values = cast("dict[Any, Any]", document["spec"]["encryptedData"])
    if not all(isinstance(each, str) for pair in values.items() for each in pair):
        raise TypeError(name)
    return {SealedKey(str(space), str(name), key): text for key, text in values.items()}
