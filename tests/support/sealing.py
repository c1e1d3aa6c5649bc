"""A throw-away sealing certificate, and the real kubeseal in the controller's place."""

import base64
import datetime
import functools
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from localcluster import programs

DAY = datetime.timedelta(days=1)


@functools.cache
def kubeseal() -> Path:
    """The built program."""
    return programs.ensure(["kubeseal"], programs.quiet)["kubeseal"]


@dataclass(frozen=True)
class Controller:
    """A controller's pair: what seals, and what opens."""

    certificate: str
    key: str

    def opened(self, sealed: Mapping[str, Any], folder: Path) -> dict[str, Any] | None:
        """The Secret that the controller would make of it; None where it cannot."""
        key = folder / "controller.key"
        key.write_text(self.key)
        done = subprocess.run(
            [kubeseal(), "--recovery-unseal", "--recovery-private-key", key],
            input=json.dumps(sealed),
            env={"HOME": str(folder), "KUBECONFIG": os.devnull},
            capture_output=True,
            text=True,
            check=False,
        )
        return json.loads(done.stdout) if done.returncode == 0 else None


def controller(*, days: int = 30, elliptic: bool = False) -> Controller:
    """A fresh pair; a negative number of days is a certificate that has run out."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if elliptic
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secret")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - 60 * DAY)
        .not_valid_after(now + days * DAY)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Controller(pem, private.decode())


def plain(secret: Mapping[str, Any]) -> dict[str, str]:
    """A Secret's values as text, by key."""
    decoded = {
        key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()
    }
    return decoded | dict(secret.get("stringData") or {})
